/*
 * Whether what getHostTopology gives of a recorded machine is complete and agrees with itself, with the facts, and with
 * what lscpu says of the same files. Reads lists of CPUs by itself: what is checked must not check itself.
 */
import { existsSync, readFileSync } from "node:fs";

import type { HostTopology } from "../../provider/host-topology/model";
import { difference } from "./corpus";

export interface ValueFacts {
  readonly isolated: string | null;
  readonly smtControl: string | null;
}

export function checkValue(value: HostTopology, facts: ValueFacts, lscpu: string): readonly string[] {
  const online = new Set(expand(value.onlineCpus));
  const isOnline = (cpu: number): boolean => online.has(cpu);
  const isolated = expand(value.isolation.isolatedCpus);
  return [
    ...(facts.isolated === null ? [] : difference("isolated CPUs", isolated, expand(facts.isolated).filter(isOnline))),
    ...(facts.smtControl === null ? [] : difference("smt", value.smt, facts.smtControl)),
    ...difference("JSON", JSON.parse(JSON.stringify(value)), value),
    ...setProblems(value),
    ...indexProblems(value),
    ...nodeProblems(value),
    ...(existsSync(lscpu) ? cacheProblems(value, readFileSync(lscpu, "utf8")) : []),
  ];
}

function expand(list: string): readonly number[] {
  if (list === "") return [];
  return list.split(",").flatMap((part) => {
    const [first = NaN, last = first] = part.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

const sorted = (cpus: readonly number[]): readonly number[] => cpus.toSorted((one, other) => one - other);

/** Sets that must hold every online CPU once, and sets that must hold online CPUs, each at most once. */
function setProblems(value: HostTopology): readonly string[] {
  const online = expand(value.onlineCpus);
  const divides = (name: string, sets: readonly (readonly number[])[]) =>
    difference(`${name} together`, sorted(sets.flat()), sorted(online));
  const apart = (name: string, sets: readonly (readonly number[])[]) => {
    const all = sets.flat();
    const strange = all.filter((cpu) => !online.includes(cpu));
    return [
      ...(strange.length > 0 ? [`${name}: CPUs ${strange.join(",")} are not online`] : []),
      ...(new Set(all).size < all.length ? [`${name}: a CPU is in two of them`] : []),
    ];
  };
  const cpus = (sets: readonly { readonly cpus: string }[]) => sets.map((set) => expand(set.cpus));
  const kinds = new Set(value.caches.map(({ level, type }) => `L${level} ${type}`));
  const { isolatedCpus, nohzFullCpus, domainCpus, reservedCpus } = value.isolation;
  return [
    ...divides(
      "cores",
      value.cores.map(({ threads }) => threads),
    ),
    ...divides("packages", cpus(value.packages)),
    ...divides("core kinds", cpus(value.coreKinds)),
    ...apart("dies", cpus(value.dies)),
    ...apart("clusters", cpus(value.clusters)),
    ...apart("nodes", cpus(value.nodes)),
    ...[...kinds].flatMap((kind) =>
      apart(kind, cpus(value.caches.filter(({ level, type }) => `L${level} ${type}` === kind))),
    ),
    ...[isolatedCpus, nohzFullCpus, domainCpus, reservedCpus].flatMap((set) => apart("isolation", [expand(set)])),
    ...apart("reserved and isolated", [expand(isolatedCpus), expand(reservedCpus)]),
    ...expand(value.offlineCpus).flatMap((cpu) => (online.includes(cpu) ? [`CPU ${cpu} is online and offline`] : [])),
    ...difference(
      "threadsPerCore",
      value.threadsPerCore,
      Math.max(...value.cores.map(({ threads }) => threads.length)),
    ),
  ];
}

/** What a core points at holds its first thread. */
function indexProblems(value: HostTopology): readonly string[] {
  return value.cores.flatMap((core) => {
    const first = core.threads[0] ?? NaN;
    const targets: readonly (readonly [string, string | undefined])[] = [
      ["package", value.packages[core.package]?.cpus],
      ["die", core.die === null ? undefined : value.dies[core.die]?.cpus],
      ["cluster", core.cluster === null ? undefined : value.clusters[core.cluster]?.cpus],
      ["last-level cache", core.lastLevelCache === null ? undefined : value.caches[core.lastLevelCache]?.cpus],
      ["node", value.nodes.find(({ id }) => id === core.node)?.cpus],
      ["kind", value.coreKinds.find(({ kind, cpus }) => kind === core.kind && expand(cpus).includes(first))?.cpus],
    ];
    const wrong = targets.filter(([, cpus]) => cpus !== undefined && !expand(cpus).includes(first));
    const missing = [
      ...(targets[0]?.[1] === undefined ? ["package"] : []),
      ...(targets[5]?.[1] === undefined ? ["kind"] : []),
      ...(core.die === null && value.dies.some(({ cpus }) => expand(cpus).includes(first)) ? ["die"] : []),
      ...(core.node === null && value.nodes.some(({ cpus }) => expand(cpus).includes(first)) ? ["node"] : []),
    ];
    return [
      ...wrong.map(([name]) => `core ${core.threads.join(",")} is not in its ${name}`),
      ...missing.map((name) => `core ${core.threads.join(",")} has no ${name}`),
    ];
  });
}

function nodeProblems({ nodes }: HostTopology): readonly string[] {
  const ids = nodes.map(({ id }) => String(id));
  return nodes.flatMap((node) => [
    ...(node.distances === null ? [] : difference(`distances of node ${node.id}`, Object.keys(node.distances), ids)),
    ...(node.distances === null ? [] : difference(`own distance of node ${node.id}`, node.distances[node.id], 10)),
    ...((node.cpus === "") === (node.kind === "memory-only" || node.kind === "empty")
      ? []
      : [`node ${node.id} with CPUs "${node.cpus}" is said to be ${node.kind}`]),
    ...(node.nearestCpus === "" && nodes.some(({ cpus }) => cpus !== "")
      ? [`node ${node.id} has no nearest CPUs`]
      : []),
  ]);
}

/**
 * `L1d cache:  544 KiB (14 instances)`: the sum of all, rounded to one decimal. lscpu counts caches of offline CPUs too,
 * and takes those with one id for one, where a hybrid's firmware gives cores of two kinds the same ids.
 */
function cacheProblems({ caches, coreKinds, offlineCpus }: HostTopology, lscpu: string): readonly string[] {
  if (offlineCpus !== "") return [];
  const types = { d: "data", i: "instruction", "": "unified" } as const;
  return [...lscpu.matchAll(/^L(\d)([di]?) cache: +([\d.]+) (KiB|MiB|GiB) \((\d+) instances?\)/gm)].flatMap((line) => {
    const [, level, letter = "", amount, unit = "KiB", instances] = line;
    const type = types[letter as keyof typeof types];
    const mine = caches.filter((cache) => cache.level === Number(level) && cache.type === type);
    const factor = { KiB: 1, MiB: 1024, GiB: 1024 ** 2 }[unit] ?? NaN;
    const sum = mine.reduce((total, { sizeKiB }) => total + (sizeKiB ?? NaN), 0) / factor;
    if (coreKinds.length > 1 && mine.length > Number(instances)) return [];
    return [
      ...difference(`instances of L${level ?? ""}${letter}`, mine.length, Number(instances)),
      ...(Math.abs(sum - Number(amount)) <= 0.1
        ? []
        : [`L${level ?? ""}${letter}: ${sum} ${unit}, lscpu says ${amount ?? ""}`]),
    ];
  });
}
