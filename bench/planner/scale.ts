/* What a plan costs: time of the processor and memory, by size. */
import type { PlanAnswer } from "../../provider/placement-plan/planner/answer";
import type { PlanRequest } from "../../provider/placement-plan/planner/model";
import { plan } from "../../provider/placement-plan/planner/plan";
import { makeFleet, makeHost, makeVm } from "../../test/support/planner/fleets";

export interface Measured {
  readonly p50: number;
  readonly p99: number;
  readonly answers: readonly PlanAnswer[];
}

/** Time of the processor, which does not depend on what else the machine does; the first runs, which compile, apart. */
export function measure(requests: readonly PlanRequest[], warm: number): Measured {
  for (const request of requests.slice(0, warm)) plan(request);
  const times: number[] = [];
  const answers = requests.map((request) => {
    const before = process.cpuUsage();
    const answer = plan(request);
    const spent = process.cpuUsage(before);
    times.push((spent.user + spent.system) / 1000);
    return answer;
  });
  times.sort((left, right) => left - right);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))]!;
  return { p50: at(0.5), p99: at(0.99), answers };
}

export function fleetsOf(
  count: number,
  shape: { hosts: number; nodes: number; cores: number; gib: number; vms: number; load: number; domains?: number },
): PlanRequest[] {
  const { hosts: number, vms, load, ...of } = shape;
  const hosts = Array.from({ length: number }, (_, index) =>
    makeHost(`h${String(index).padStart(2, "0")}`, { ...of, threads: 2 }),
  );
  return Array.from({ length: count }, (_, seed) => ({ hosts, vms: makeFleet(seed + 1, hosts, { load, most: vms }) }));
}

/** Shapes on which others' planners blow up. */
export function wideHosts(): Record<string, PlanRequest> {
  const ring = Array.from({ length: 16 }, (_, row) =>
    Array.from({ length: 16 }, (_, column) => 10 + 10 * Math.min(Math.abs(row - column), 16 - Math.abs(row - column))),
  );
  const sixteen = makeHost("h", { nodes: 16, cores: 8, gib: 32 });
  const gpu = makeHost("h", { nodes: 2, cores: 72, gib: 480 });
  const far = Array.from({ length: 34 }, (_, row) =>
    Array.from({ length: 34 }, (_, column) => (row === column ? 10 : row < 2 && column < 2 ? 40 : 80)),
  );
  const memoryOnly = Array.from({ length: 32 }, (_, index) => ({
    id: index + 2,
    memoryMiB: index % 2 === 0 ? 96 * 1024 : 0,
  }));
  const many = { ...gpu, nodes: [...gpu.nodes, ...memoryOnly], distances: far };
  return {
    "16 nodes, 8 guest cells": { hosts: [sixteen], vms: [makeVm("a", [64, 128], { nodes: 8 })] },
    "16 nodes in a ring, 8 and 4 cells": {
      hosts: [{ ...sixteen, distances: ring }],
      vms: [makeVm("a", [64, 128], { nodes: 8 }), makeVm("b", [32, 64], { nodes: 4 })],
    },
    "16 nodes in a ring, as many as it takes": {
      hosts: [{ ...sixteen, distances: ring }],
      vms: [makeVm("a", [100, 200])],
    },
    "34 nodes, 32 without CPUs": {
      hosts: [many],
      vms: [makeVm("a", [72, 400]), makeVm("b", [36, 200]), makeVm("c", [32, 300]), makeVm("d", [4, 64])],
    },
    "34 nodes, 24 VMs": { hosts: [many], vms: Array.from({ length: 24 }, (_, index) => makeVm(`v${index}`, [6, 50])) },
  };
}
