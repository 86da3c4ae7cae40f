/* Any map: hosts with gaps in their numbers, many threads on one CPU, names that hold anything. */
import * as fc from "fast-check";

import { CpuSet } from "../../../../provider/linux/cpu-set";
import type {
  AllocationMap,
  MapCpu,
  MapHost,
  MapThread,
  MapVm,
} from "../../../../provider/placement-plan/allocation-map/model";

const awkward = fc.constantFrom(
  `<script>&"'</script>`,
  "]]>",
  "数据库-01",
  "مرحبا",
  "e\u0301\u200d👩‍💻",
  "\u0000\u0008\uFFFE\uD800",
  "two\nlines\r\n",
  "n".repeat(300),
  " ",
);

const name = fc.oneof(
  fc.string({ minLength: 1, maxLength: 40, unit: "binary" }),
  awkward,
  fc.stringMatching(/^[a-z]{1,12}$/),
);

function cpus(nodeIds: readonly number[]): fc.Arbitrary<MapCpu[]> {
  return fc
    .record({
      cores: fc.integer({ min: 1, max: 24 }),
      threads: fc.constantFrom(1, 2, 4, 8),
      first: fc.constantFrom(0, 3, 250),
      llcCores: fc.constantFrom(1, 4, 100),
      hybrid: fc.boolean(),
    })
    .map(({ cores, threads, first, llcCores, hybrid }) =>
      Array.from({ length: cores * threads }, (_, index): MapCpu => {
        const core = index % cores;
        return {
          id: first + index * 2,
          core,
          node: nodeIds[core % nodeIds.length] ?? 0,
          llc: Math.floor(core / llcCores),
          ...(hybrid && { kind: core % 3 === 0 ? "performance" : "efficiency" }),
        };
      }),
    );
}

function thread(all: readonly number[]): fc.Arbitrary<MapThread> {
  const some = fc
    .subarray([...all], { minLength: 1, maxLength: Math.min(4, all.length) })
    .map((chosen) => CpuSet.from(chosen));
  return fc.oneof(
    fc.record({ id: fc.nat(300), cpus: some }).map(({ id, cpus: on }): MapThread => ({ role: "vcpu", id, cpus: on })),
    fc.record({ cpus: some, shared: fc.boolean() }).map((parts): MapThread => ({ role: "emulator", ...parts })),
    fc
      .record({ id: fc.integer({ min: 1, max: 99 }), cpus: some })
      .map((parts): MapThread => ({ role: "iothread", ...parts })),
  );
}

const uniqueThreads = (threads: readonly MapThread[]): MapThread[] => [
  ...new Map(threads.map((one) => [`${one.role} ${one.id ?? ""}`, one])).values(),
];

function vms(all: readonly number[]): fc.Arbitrary<MapVm[]> {
  const one = fc
    .record({ name, planned: fc.boolean(), threads: fc.array(thread(all), { maxLength: 8 }) })
    .map((vm) => ({ ...vm, threads: uniqueThreads(vm.threads) }));
  return fc.uniqueArray(one, { maxLength: 12, selector: (vm) => vm.name });
}

const host: fc.Arbitrary<Omit<MapHost, "name">> = fc
  .uniqueArray(fc.constantFrom(0, 1, 2, 8, 255), { minLength: 1 })
  .chain((ids) => cpus(ids).map((its) => ({ ids, cpus: its })))
  .chain(({ ids, cpus: its }) => {
    const all = its.map(({ id }) => id);
    const set = fc.subarray(all).map((chosen) => CpuSet.from(chosen));
    return fc
      .record({ vms: vms(all), reservedCpus: set, isolatedCpus: set, size: fc.integer({ min: 0, max: 4096 }) })
      .map(({ vms: those, reservedCpus, isolatedCpus, size }): Omit<MapHost, "name"> => ({
        cpus: its,
        vms: those,
        reservedCpus,
        isolatedCpus,
        nodes: ids.map((id, index) => ({
          id,
          memory: {
            totalMiB: size * 512,
            reservedMiB: 1000,
            vms: those.map((vm) => ({ vm: vm.name, memoryMiB: (index + 1) * 700 })),
          },
          pages: [
            {
              pageSizeKiB: 2048,
              totalMiB: size,
              reservedMiB: 0,
              vms: those.slice(0, 2).map((vm) => ({ vm: vm.name, memoryMiB: 2 })),
            },
          ],
          devices: ["0000:3b:00.0 <eth&0>"],
        })),
      }));
  });

export const anyMap: fc.Arbitrary<AllocationMap> = fc
  .uniqueArray(fc.tuple(name, host), { minLength: 1, maxLength: 3, selector: ([its]) => its })
  .map((hosts) => ({ hosts: hosts.map(([its, rest]) => ({ name: its, ...rest })) }));

/** The same map, listed the other way round everywhere. */
export function reversed({ hosts, ...rest }: AllocationMap): AllocationMap {
  return {
    ...rest,
    hosts: hosts.toReversed().map((one) => ({
      ...one,
      nodes: one.nodes.toReversed().map((node) => ({
        ...node,
        ...(node.memory !== undefined && { memory: { ...node.memory, vms: node.memory.vms.toReversed() } }),
      })),
      cpus: one.cpus.toReversed(),
      vms: one.vms.toReversed().map((vm) => ({ ...vm, threads: vm.threads.toReversed() })),
    })),
  };
}
