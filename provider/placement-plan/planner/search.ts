/*
 * Branch and bound over VMs, in a fixed order, each over its places. One run looks at the first entries of the
 * objective, up to `level`: it ends when nothing better can be left (the entries are proven), or at its limit.
 */
import { book, isRepelled, positions, unbook } from "./booking";
import {
  addOptionCosts,
  compareVectors,
  coreCosts,
  hostsUsed,
  largestVm,
  noOptionCost,
  toVector,
  type Vector,
} from "./objective";
import { at as entry } from "./objective";
import { noCoreCost } from "./core-cost";
import { compareRanks } from "./core-order";
import type { CoreMemo } from "./core-memo";
import { hasRoom, type Wanted } from "./capacity";
import { costRank, type PlaceRule } from "./greedy";
import { sameContents } from "./contents";
import { visitOptions } from "./options";
import type { CoreCost, Host, Option, OptionCost, Problem, Vm } from "./problem";
import { stateKey } from "./state-key";
import { shapesOn } from "./vm-shapes";

export interface Solution {
  readonly vector: Vector;
  readonly options: readonly Option[];
}

export interface Search {
  readonly problem: Problem;
  readonly memo: CoreMemo;
  readonly order: readonly Vm[];
  /** What VMs from a position on cost at least. */
  readonly toCome: readonly OptionCost[];
  readonly wanted: readonly Wanted[];
  readonly bound: Vector;
  /** Largest VM that the empty hosts would take. */
  readonly largest: number;
  readonly rule: PlaceRule;
  best: Solution | undefined;
  /** Places that may be looked at in all. */
  readonly limit: number;
  /** Places that may still be looked at, by all runs together. */
  steps: number;
}

export interface Run {
  readonly search: Search;
  /** Entry of the objective up to which solutions are compared; 0: any solution will do. */
  readonly level: number;
  /** Whether memory may be on other nodes than vCPUs. */
  readonly remote: boolean;
  readonly path: Option[];
  /** Positions that are known to lead nowhere. */
  readonly dead: Set<string> | undefined;
  left: number;
  /** Whether some place could not be judged: then the end of the run proves nothing. */
  doubtful: boolean;
}

/** Above so many bins keys cost more than they save. */
const keyedBins = 40;

/** Whether all was seen. Leaves the best solution in the search. */
export function runSearch(
  search: Search,
  { level, remote, limit }: { level: number; remote: boolean; limit: number },
): boolean {
  const bins = search.problem.hosts.reduce((sum, host) => sum + host.bins.length, 0);
  const run: Run = {
    ...{ search, level, remote, path: [], left: Math.min(limit, search.steps), doubtful: false },
    dead: level === 0 && bins <= keyedBins ? new Set() : undefined,
  };
  const before = run.left;
  const complete = placeVm(run, { position: 0, cost: noOptionCost });
  search.steps -= before - run.left;
  return complete && !run.doubtful && !search.memo.doubtful;
}

interface Depth {
  readonly position: number;
  /** Of the VMs before. */
  readonly cost: OptionCost;
}

/** Whether all below was seen. */
function placeVm(run: Run, depth: Depth): boolean {
  const { search } = run;
  if (isHopeless(run, depth)) return true;
  const vm = search.order[depth.position];
  if (vm === undefined) {
    judgeSolution(run, depth.cost);
    return true;
  }
  if (!hasRoom(search, depth.position)) return true;
  const key = run.dead === undefined ? undefined : `${depth.position}|${stateKey(search.problem)}`;
  if (key !== undefined && run.dead?.has(key)) return true;
  for (const group of optionGroups(run, vm, depth)) {
    for (const option of group) {
      if (run.left <= 0) return false;
      book(option);
      run.path.push(option);
      const complete = placeVm(run, { position: depth.position + 1, cost: addOptionCosts(depth.cost, option.cost) });
      run.path.pop();
      unbook(option);
      if (!complete) return false;
      if (isDone(run)) return true;
    }
  }
  if (run.left <= 0) return false;
  if (key !== undefined && search.best === undefined) run.dead?.add(key);
  return true;
}

function isDone({ search, level }: Run): boolean {
  return search.best !== undefined && compareVectors(search.best.vector, search.bound, level) <= 0;
}

/** Whether nothing below can be better than the best, up to the level. */
function isHopeless(run: Run, depth: Depth): boolean {
  const { search, level } = run;
  if (search.best === undefined) return false;
  if (level === 0) return true;
  const bound = boundAt(run, depth);
  return bound === undefined || compareVectors(bound, search.best.vector, level) >= 0;
}

/** Undefined: threads of some bin do not fit. */
function boundAt({ search, level }: Run, depth: Depth): Vector | undefined {
  const { hosts } = search.problem;
  const toCome = search.toCome[depth.position] ?? noOptionCost;
  const cores = level < entry.shared ? noCoreCost : coreCosts(search.memo, hosts, "bound");
  if (cores === undefined) return undefined;
  const used = level < entry.hosts ? 0 : hostsUsed(hosts);
  const fragmentation = level < entry.fragmentation ? 0 : search.largest - largestVm(hosts);
  return toVector({
    options: addOptionCosts(depth.cost, toCome),
    cores,
    hosts: Math.max(used, search.bound[entry.hosts] ?? 0),
    fragmentation: Math.max(fragmentation, search.bound[entry.fragmentation] ?? 0),
  });
}

function judgeSolution(run: Run, options: OptionCost): void {
  const { search, level } = run;
  const cores = coreCosts(search.memo, search.problem.hosts, "cost");
  if (cores === undefined) {
    run.doubtful ||= search.memo.doubtful;
    return;
  }
  const vector = solutionVector(search, options, cores);
  if (search.best === undefined || compareVectors(vector, search.best.vector) < 0)
    search.best = { vector, options: [...run.path] };
  const bound = coreCosts(search.memo, search.problem.hosts, "bound") ?? noCoreCost;
  if (compareVectors(solutionVector(search, options, bound), search.best.vector, level) < 0) run.doubtful = true;
}

function solutionVector(search: Pick<Search, "problem" | "largest">, options: OptionCost, cores: CoreCost): Vector {
  const { hosts } = search.problem;
  return toVector({
    options,
    cores,
    hosts: hostsUsed(hosts),
    fragmentation: search.largest - largestVm(hosts),
  });
}

/** The vector of options that are all that is booked. Undefined: threads of some bin do not fit. */
export function evaluate(search: Search, options: readonly Option[]): Solution | undefined {
  for (const option of options) book(option);
  const cores = coreCosts(search.memo, search.problem.hosts, "cost");
  const costs = options.map((option) => option.cost).reduce(addOptionCosts, noOptionCost);
  const vector = cores === undefined ? undefined : solutionVector(search, costs, cores);
  for (const option of [...options].reverse()) unbook(option);
  return vector === undefined ? undefined : { vector, options };
}

/** Places by shape, those with local memory first; within a group the cheapest, then those that the rule likes. */
function* optionGroups(run: Run, vm: Vm, depth: Depth): Generator<readonly Option[]> {
  const { search, remote: mayBeRemote } = run;
  const hosts = distinctHosts(vm);
  const most = Math.max(0, ...hosts.map((host) => shapesOn(vm, host).length));
  for (const remote of mayBeRemote ? [false, true] : [false]) {
    for (let index = 0; index < most; index += 1) {
      const found: { option: Option; rank: readonly number[] }[] = [];
      for (const host of hosts) {
        const shape = shapesOn(vm, host)[index];
        if (shape === undefined) continue;
        visitOptions({ vm, host, shape, memo: search.memo, remote, worth: worthOf(run, depth) }, (option) => {
          if ((!remote || isRemote(option)) && isAfterTwin(run, option))
            found.push({ option, rank: [...costRank(option), ...search.rule(option)] });
          return run.left > 0 ? "more" : "enough";
        });
      }
      yield found.sort((left, right) => compareRanks(left.rank, right.rank)).map(({ option }) => option);
    }
  }
}

function isRemote(option: Option): boolean {
  return option.cells.some((place) => place.cpuNode !== place.memoryNode);
}

/** Whether costs of a place that are known so far leave anything to gain. Each answer is a step of the search. */
function worthOf(run: Run, depth: Depth): (remote: number, apart: number) => boolean {
  const { search, level } = run;
  return (remote, apart) => {
    run.left -= 1;
    if (run.left <= 0) return false;
    if (search.best === undefined || level === 0) return true;
    const rest = search.toCome[depth.position + 1] ?? noOptionCost;
    const bound = [0, depth.cost.remote + rest.remote + remote, depth.cost.apart + rest.apart + apart];
    const last = Math.min(level, entry.apart);
    const difference = compareVectors(bound, search.best.vector, last);
    return difference < 0 || (difference === 0 && level > last);
  };
}

/** VMs that differ in name alone are placed in ascending order. */
function isAfterTwin(run: Run, option: Option): boolean {
  const before = run.path[run.path.length - 1];
  if (before?.vm.symmetryClass !== option.vm.symmetryClass) return true;
  return compareRanks([before.host.index, ...positions(before)], [option.host.index, ...positions(option)]) <= 0;
}

function distinctHosts(vm: Vm): readonly Host[] {
  const kept: Host[] = [];
  for (const host of vm.allowed) {
    if (isRepelled(vm, host)) continue;
    const twin = kept.find(
      (each) => each.symmetryClass === host.symmetryClass && sameContents(each.contents, host.contents),
    );
    if (twin === undefined) kept.push(host);
  }
  return kept;
}
