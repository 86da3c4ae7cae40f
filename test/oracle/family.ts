/* A small family of instances, all of them: one host of a few cores, up to three VMs of a dozen kinds. */
import { CpuSet } from "../../provider/linux/cpu-set";
import type { PlanRequest, PlannerHost, PlannerVm } from "../../provider/placement-plan/planner/model";

const GiB = 1024;

export function* family(): Generator<PlanRequest> {
  const kinds = vmKinds();
  for (const host of hosts())
    for (const chosen of choices(kinds, 3))
      yield { hosts: [host], vms: chosen.map((vm, index) => ({ ...vm, name: `v${index}` })) };
}

function hosts(): PlannerHost[] {
  const shapes = [1, 2].flatMap((nodes) =>
    [1, 2].flatMap((cores) => [1, 2].map((threads) => ({ nodes, cores, threads }))),
  );
  return shapes.map(({ nodes, cores, threads }) => ({
    name: "host",
    nodes: Array.from({ length: nodes }, (_, id) => ({ id, memoryMiB: 3 * GiB })),
    distances: null,
    cpus: Array.from({ length: nodes * cores * threads }, (_, id) => {
      const core = id % (nodes * cores);
      return { id, core, node: core % nodes };
    }),
    reservedCpus: CpuSet.empty,
    housekeepingCores: 0,
  }));
}

function vmKinds(): PlannerVm[] {
  return [1, 2, 3].flatMap((vcpus) =>
    [1, 2].flatMap((memory) =>
      (["prefer", "isolate"] as const).map(
        (threadPolicy) =>
          ({
            ...{ name: "", vcpus, memoryMiB: memory * GiB, threadPolicy },
            ...{ pageSizeKiB: 2048, cpuPolicy: "dedicated", emulatorThreads: memory === 2 ? "isolate" : "share" },
            ...{ ioThreads: 0, nodes: "fit" },
          }) as const,
      ),
    ),
  );
}

/** All choices of up to `most`, each kind as often as it comes, whatever the order. */
function* choices<T>(kinds: readonly T[], most: number): Generator<T[]> {
  if (most === 0) return;
  for (const [index, kind] of kinds.entries()) {
    yield [kind];
    for (const more of choices(kinds.slice(index), most - 1)) yield [kind, ...more];
  }
}
