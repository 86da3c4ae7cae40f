/*
 * One set of hosts and VMs that have to do with each other: first arrangements by rules, then the search, entry by
 * entry of the objective, until each is proven or the limit is met.
 */
import { wantedFrom } from "./capacity";
import { makeCoreMemo } from "./core-memo";
import { bestFit, firstFit, roomiest, runGreedy, type PlaceRule } from "./greedy";
import {
  addOptionCosts,
  at as entry,
  compareVectors,
  largestVm,
  lastLevel,
  noOptionCost,
  toVector,
  type Vector,
} from "./objective";
import { noCoreCost } from "./core-cost";
import type { OptionCost, Problem, Vm } from "./problem";
import { evaluate, runSearch, type Search, type Solution } from "./search";
import { searchOrder, sizeRules } from "./search-order";
import { leastHosts, leastFragmentation } from "./total-bounds";
import { leastCosts } from "./vm-bounds";

export type Solved =
  | {
      readonly outcome: "planned";
      readonly hosts: Problem["hosts"];
      readonly solution: Solution;
      /** By entry: no arrangement that is as good at all entries before has less. */
      readonly bound: Vector;
      /** By entry: no arrangement at all has less. */
      readonly floor: Vector;
      /** Largest VM that the empty hosts would take. */
      readonly largest: number;
      readonly steps: number;
    }
  | { readonly outcome: "infeasible"; readonly steps: number; readonly nearest: Nearest }
  | { readonly outcome: "undecided"; readonly steps: number; readonly nearest: Nearest };

/** The arrangement that leaves the fewest VMs out. */
export interface Nearest {
  readonly options: Solution["options"];
  readonly unplaced: readonly Vm[];
}

export function solve(problem: Problem, limit: number): Solved {
  const search = startSearch(problem, limit);
  const nearest = runRules(search);
  const spent = () => limit - search.steps;
  const complete = search.best !== undefined || findAny(search, limit);
  if (search.best === undefined) return { outcome: complete ? "infeasible" : "undecided", steps: spent(), nearest };
  const proven = improve(search);
  const bound = bounds(search, search.best, proven);
  const floor = search.bound.map((value, index) => (index === entry.apart ? 0 : value));
  const { largest } = search;
  return { outcome: "planned", hosts: problem.hosts, solution: search.best, bound, floor, largest, steps: spent() };
}

/** Whether all was seen, or an arrangement was found. */
function findAny(search: Search, limit: number): boolean {
  // Nearly always memory is local in some arrangement, and without other places the search is much smaller.
  runSearch(search, { level: 0, remote: false, limit: Math.ceil(limit / 2) });
  return search.best !== undefined || runSearch(search, { level: 0, remote: true, limit });
}

function startSearch(problem: Problem, limit: number): Search {
  const order = searchOrder(problem, sizeRules.largest);
  const least = leastCosts(problem);
  const toCome: OptionCost[] = [noOptionCost];
  for (const vm of [...order].reverse())
    toCome.unshift(addOptionCosts(toCome[0] ?? noOptionCost, least.get(vm) ?? noOptionCost));
  const largest = largestVm(problem.hosts);
  return {
    ...{ problem, memo: makeCoreMemo(), order, toCome, wanted: wantedFrom(order), largest, rule: bestFit },
    bound: toVector({
      options: toCome[0] ?? noOptionCost,
      cores: noCoreCost,
      hosts: leastHosts(problem),
      fragmentation: leastFragmentation(problem, largest),
    }),
    best: undefined,
    limit,
    steps: limit,
  };
}

/** Orders and rules of the first arrangements; the first that places all is enough where there are many VMs. */
const rules: readonly { readonly size: keyof typeof sizeRules; readonly rule: PlaceRule; readonly stay: boolean }[] = [
  { size: "largest", rule: bestFit, stay: true },
  { size: "largest", rule: bestFit, stay: false },
  { size: "sum", rule: bestFit, stay: false },
  { size: "cpu", rule: bestFit, stay: false },
  { size: "memory", rule: bestFit, stay: false },
  { size: "largest", rule: firstFit, stay: false },
  { size: "sum", rule: roomiest, stay: false },
];
/** How many times VMs that found no place are put first. */
const urgentRounds = 12;
/** VMs × hosts beyond which one arrangement that places all is enough. */
const manyPlaces = 4000;

function runRules(search: Search): Nearest {
  const { problem, memo } = search;
  let nearest: Nearest = { options: [], unplaced: problem.vms };
  const stays = problem.vms.some((vm) => vm.previous !== undefined);
  const many = problem.vms.length * problem.hosts.length > manyPlaces;
  const run = (order: readonly Vm[], how: { rule: PlaceRule; stay: boolean }): readonly Vm[] => {
    const found = runGreedy(memo, { order, ...how });
    if (found.unplaced.length < nearest.unplaced.length) nearest = found;
    const solution = found.unplaced.length === 0 ? evaluate(search, found.options) : undefined;
    if (
      solution !== undefined &&
      (search.best === undefined || compareVectors(solution.vector, search.best.vector) < 0)
    )
      search.best = solution;
    return found.unplaced;
  };
  for (const { size, rule, stay } of rules) {
    if (stay && !stays) continue;
    if (search.best !== undefined && (many || compareVectors(search.best.vector, search.bound) <= 0)) break;
    run(searchOrder(problem, sizeRules[size]), { rule, stay });
  }
  const urgency = new Map<Vm, number>();
  for (let round = 0; search.best === undefined && round < urgentRounds; round += 1) {
    const order = searchOrder(problem, sizeRules.largest, (vm) => urgency.get(vm) ?? 0);
    for (const vm of run(order, { rule: bestFit, stay: false })) urgency.set(vm, (urgency.get(vm) ?? 0) + 1);
  }
  return nearest;
}

/** Fewer where a step costs more: a large fleet is left with a proven gap rather than its user with a long wait. */
function improvementSteps({ problem, limit }: Search): number {
  const bins = problem.hosts.reduce((sum, host) => sum + host.bins.length, 0);
  return Math.ceil((4 * limit) / (bins * problem.vms.length));
}

/** The entry up to which the best solution is proven. */
function improve(search: Search): number {
  let proven = 0;
  for (let level = 1; level <= lastLevel; level += 1) {
    const { best } = search;
    if (best === undefined) return proven;
    if (compareVectors(best.vector, search.bound, level) <= 0) {
      proven = level;
      continue;
    }
    // An entry that meets its bound needs no run of its own: the next one will prove it too.
    if ((best.vector[level] ?? 0) <= (search.bound[level] ?? 0) && level < lastLevel) continue;
    const limit = Math.min(search.steps, improvementSteps(search));
    if (!runSearch(search, { level, remote: true, limit })) return proven;
    proven = level;
  }
  return proven;
}

/** Entry by entry what no arrangement that is as good before can go below. */
function bounds(search: Search, { vector }: Solution, proven: number): Vector {
  const remoteMet = (vector[entry.remote] ?? 0) <= (search.bound[entry.remote] ?? 0);
  return vector.map((value, index) => {
    if (index <= proven) return value;
    return index === entry.apart && !remoteMet ? 0 : (search.bound[index] ?? 0);
  });
}
