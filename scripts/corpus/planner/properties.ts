/* What a plan of one guest has, by the names that the cases use. */
import { CpuSet } from "../../../provider/linux/cpu-set";
import type { Planned } from "../../../provider/placement-plan/planner/answer";
import type { PlanRequest } from "../../../provider/placement-plan/planner/model";
import { difference } from "../corpus";

export type PlannerTopology = readonly {
  readonly cpu: number;
  readonly socket: number;
  readonly node: number;
  readonly core: number;
  readonly l3: number;
}[];

type Check = (wanted: unknown) => readonly string[];

export function foundProperties(request: PlanRequest, answer: Planned): Readonly<Record<string, Check>> {
  const [host] = request.hosts;
  const [vm] = request.vms;
  const [placed] = answer.placements;
  if (host === undefined || vm === undefined || placed === undefined) throw new Error("one host and one guest");
  const shared = host.sharedCpus ?? CpuSet.empty;
  const used = placed.vcpuPins
    .map((pin) => CpuSet.parse(pin))
    .filter((pin) => !pin.intersects(shared) && pin.size === 1);
  const pins = CpuSet.union(used);
  const cpus = host.cpus.filter((cpu) => pins.has(cpu.id));
  const count = (of: (cpu: (typeof cpus)[number]) => unknown) => new Set(cpus.map(of)).size;
  const perNode = host.nodes
    .map((node) => cpus.filter((cpu) => cpu.node === node.id).length)
    .filter((each) => each > 0);
  const partial = [...new Set(cpus.map((cpu) => cpu.core))].filter((core) =>
    host.cpus.some((cpu) => cpu.core === core && !pins.has(cpu.id)),
  );
  const near = (node: number) => host.nodes.findIndex((each) => each.id === node);
  const sockets = new Set(cpus.map((cpu) => host.distances?.[near(cpu.node)]?.findIndex((each) => each < 20)));
  const emulator = vm.emulatorThreads === "isolate" ? CpuSet.parse(placed.emulatorPin) : CpuSet.empty;
  const nodes = [...new Set(placed.cells.map((cell) => cell.cpuNode))].sort((left, right) => left - right);
  const equals = (name: string, got: unknown): [string, Check] => [name, (wanted) => difference(name, got, wanted)];
  return Object.fromEntries<Check>([
    equals("cpuCount", pins.size),
    equals("nodesUsed", perNode.length),
    equals(
      "cpusPerNodeSorted",
      perNode.sort((left, right) => right - left),
    ),
    equals("socketsUsed", sockets.size),
    equals(
      "coresTouched",
      count((cpu) => cpu.core),
    ),
    equals("partialCores", partial.length),
    equals(
      "l3GroupsUsed",
      count((cpu) => cpu.llc),
    ),
    equals("emulatorReserved", emulator.toString()),
    equals("emulatorReservedCount", emulator.size),
    equals("pageSizeKiB", placed.pageSizeKiB),
    [
      "subsetOf",
      (wanted) =>
        pins.isSubsetOf(CpuSet.parse(String(wanted)))
          ? []
          : [`CPUs ${pins.toString()} are not all of ${String(wanted)}`],
    ],
    [
      "hostNodesAnyOf",
      (wanted) =>
        (wanted as number[][]).some((each) => JSON.stringify(each) === JSON.stringify(nodes))
          ? []
          : [`nodes ${nodes.join(",")} are none of ${JSON.stringify(wanted)}`],
    ],
  ]);
}
