/* npm run bench:planner [-- --fleets N]: prints tables; exit code 1 if a bar is missed. */
import { parseArgs } from "node:util";

import type { PlanAnswer } from "../../provider/placement-plan/planner/answer";
import { league } from "./league";
import { fleetsOf, measure, wideHosts, type Measured } from "./scale";

const seed = 7;
let missed = 0;

export function main(argv: readonly string[]): number {
  const { values } = parseArgs({ args: [...argv], options: { fleets: { type: "string" } } });
  costBySize();
  bars();
  const table = league(Number(values.fleets ?? 300), seed);
  say(...table.lines, "");
  bar("the planner places every fleet that an exact search can place", table.ours === 1);
  return missed === 0 ? 0 : 1;
}

function say(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}

function bar(what: string, holds: boolean): void {
  if (!holds) missed += 1;
  say(`${holds ? "ok" : "MISSED"}: ${what}`);
}

function costBySize(): void {
  say("| hosts × nodes | VMs | p50 ms | p99 ms | proven entries of 12 |", "| --- | --- | --- | --- | --- |");
  for (const [hosts, nodes, vms] of [
    [1, 2, 8],
    [1, 4, 20],
    [1, 8, 40],
    [4, 2, 40],
    [8, 2, 100],
    [16, 2, 250],
    [32, 2, 500],
    [64, 2, 1000],
  ] as const) {
    const requests = fleetsOf(20, { hosts, nodes, cores: 24, gib: 192, vms, load: 0.85, domains: 3 });
    const measured = measure(requests, 3);
    const proven = measured.answers.map(provenEntries).reduce((sum, each) => sum + each, 0) / measured.answers.length;
    const count = requests.map((request) => request.vms.length).reduce((sum, each) => sum + each, 0) / requests.length;
    say(`| ${hosts} × ${nodes} | ${count.toFixed(0)} | ${times(measured)} | ${proven.toFixed(1)} |`);
  }
}

function provenEntries(answer: PlanAnswer): number {
  return answer.outcome === "planned" ? answer.objective.filter((entry) => entry.proof === "optimal").length : 0;
}

const times = ({ p50, p99 }: Measured): string => `${p50.toFixed(0)} | ${p99.toFixed(0)}`;

function bars(): void {
  const eight = measure(
    fleetsOf(100, { hosts: 1, nodes: 8, cores: 16, gib: 128, vms: 40, load: 0.85, domains: 2 }),
    10,
  );
  bar(`8 nodes × 40 VMs: p99 ${eight.p99.toFixed(0)} ms is less than 200 ms`, eight.p99 < 200);
  const large = measure(
    fleetsOf(6, { hosts: 64, nodes: 2, cores: 56, gib: 448, vms: 2000, load: 0.94, domains: 7 }),
    2,
  );
  const sizes = large.answers.map((answer) => (answer.outcome === "planned" ? answer.placements.length : 0));
  bar(`64 hosts × ${Math.min(...sizes)} VMs: ${large.p99.toFixed(0)} ms is less than 1000 ms`, large.p99 < 1000);
  bar("64 hosts: level 1 is proven, level 2 within 1 %", large.answers.every(isNearlyLocal));
  for (const [name, request] of Object.entries(wideHosts())) {
    const one = measure([request], 1);
    bar(`${name}: ${one.answers[0]!.outcome} in ${one.p99.toFixed(0)} ms, less than 1000 ms`, one.p99 < 1000);
  }
  const memory = process.resourceUsage().maxRSS / 1024;
  bar(`memory ${memory.toFixed(0)} MiB, the compiler of this program included, is less than 500 MiB`, memory < 500);
}

function isNearlyLocal(answer: PlanAnswer): boolean {
  if (answer.outcome !== "planned") return false;
  return answer.objective.every(
    (entry) => entry.level > 2 || (entry.level === 1 ? entry.proof === "optimal" : entry.value <= 1.01 * entry.bound),
  );
}
