/*
 * The arguments that describe a domain with certain facts: what refresh shows of drift, in the shape in which a program
 * would write it.
 */
import { CpuSet } from "../linux/cpu-set";
import { describedCells } from "./described-cells";
import { kibOf, parseSetting, topologyParts, unpinned, type Facts } from "./facts";
import type { Props } from "../resource";

type Described = Readonly<Record<string, unknown>>;

/** The argument that a setting belongs to: its first word, if no other. */
export function argumentOf(setting: string): string {
  const [word = ""] = setting.split(".");
  if (setting === "vcpus.placement") return "numa";
  return elsewhere[word] ?? word;
}

const elsewhere: Readonly<Record<string, string>> = {
  iothreadScheduler: "iothreads",
  memory: "numa",
  currentMemory: "numa",
};

/** One argument of the domain as it is; undefined: the domain has nothing of the kind. */
export function described(argument: string, facts: Facts): unknown {
  const get = (setting: string): string | undefined => facts.get(setting);
  switch (argument) {
    case "vcpuCpuset":
    case "emulatorPin":
      return get(argument);
    case "cpuShares":
      return numberOf(get(argument));
    case "vcpus":
      return some({
        maximum: numberOf(get("vcpus.maximum")),
        current: numberOf(get("vcpus.current") ?? get("vcpus.maximum")),
      });
    case "cpuBandwidth":
      return some({
        periodMicroseconds: numberOf(get("cpuBandwidth.periodMicroseconds")),
        quotaMicroseconds: numberOf(get("cpuBandwidth.quotaMicroseconds")),
      });
    case "vcpuPins":
      return some(Object.fromEntries(numbered(facts, "vcpuPins")));
    case "iothreads":
      return iothreads(facts);
    case "vcpuScheduler":
      return numbered(facts, "vcpuScheduler").map(([vcpus, text]) => ({ vcpus, ...scheduler(text) }));
    case "emulatorScheduler":
      return get(argument) === undefined ? undefined : scheduler(get(argument) ?? "");
    case "numa":
      return numa(facts);
    case "cpu":
      return cpu(facts);
    case "memoryBacking":
      return memoryBacking(facts);
    case "cacheTune":
    case "memoryTune":
      return resources(argument, facts);
    default:
      return undefined;
  }
}

const numberOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));

/** Without what is not there. */
function some(fields: Described): Props | undefined {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

/** `vcpuPins.3` → `3` and its value, by number. */
function numbered(facts: Facts, prefix: string): readonly (readonly [string, string])[] {
  return [...facts]
    .filter(([setting]) => new RegExp(`^${prefix}\\.\\d+$`).test(setting))
    .map(([setting, value]) => [setting.slice(prefix.length + 1), value] as const)
    .toSorted(([one], [other]) => Number(one) - Number(other));
}

function scheduler(text: string): Described {
  const [name = "", priority] = text.split(" ");
  return { scheduler: name, ...(priority !== undefined && { priority: Number(priority) }) };
}

function iothreads(facts: Facts): readonly Described[] {
  return numbered(facts, "iothreads").map(([id, cpus]) => {
    const schedulerText = facts.get(`iothreadScheduler.${id}`);
    return {
      id: Number(id),
      ...(cpus !== unpinned && { cpus }),
      ...(schedulerText !== undefined && { scheduler: scheduler(schedulerText) }),
    };
  });
}

function numa(facts: Facts): Props | undefined {
  return some({
    mode: facts.get("numa.mode"),
    nodeset: facts.get("numa.nodeset"),
    placement: placement(facts),
    cells: describedCells(facts),
  });
}

/** The argument is for memory and vCPUs alike: where only one of them is placed by numad it can say neither. */
function placement(facts: Facts): string | undefined {
  const [memory, vcpus] = ["numa.placement", "vcpus.placement"].map((name) => facts.get(name) === "auto");
  if (memory !== vcpus || !facts.has("numa.mode")) return undefined;
  return memory === true ? "auto" : "static";
}

function cpu(facts: Facts): Props | undefined {
  const mode = facts.get("cpu.mode");
  const topology = Object.fromEntries(topologyParts.map((part) => [part, numberOf(facts.get(`cpu.topology.${part}`))]));
  const prefix = "cpu.features.";
  const features = [...facts].filter(([setting]) => setting.startsWith(prefix));
  return some({
    mode,
    match: mode === "custom" ? (facts.get("cpu.match") ?? "exact") : undefined,
    model: facts.get("cpu.model"),
    fallback: facts.get("cpu.fallback") ?? (facts.has("cpu.model") ? "allow" : undefined),
    check: facts.get("cpu.check"),
    migratable: mode === "host-passthrough" || mode === "maximum" ? facts.get("cpu.migratable") !== "off" : undefined,
    features:
      features.length === 0
        ? undefined
        : Object.fromEntries(features.map(([name, policy]) => [name.slice(prefix.length), policy])),
    topology: some(topology),
    cache: caches.get(facts.get("cpu.cache") ?? ""),
  });
}

/** Another level can be found, but not asked for. */
const caches: ReadonlyMap<string, string> = new Map([
  ["emulate level 3", "emulate"],
  ["passthrough", "passthrough"],
  ["disable", "disable"],
]);

function memoryBacking(facts: Facts): Props | undefined {
  const get = (name: string): string | undefined => facts.get(`memoryBacking.${name}`);
  const limitKiB = kibOf(get("hardLimit"));
  // What is no whole MiB cannot be asked for.
  const limit = limitKiB === undefined || limitKiB % 1024 > 0 ? undefined : limitKiB / 1024;
  return some({
    hugepages: hugepages(get("hugepages")),
    // Without a limit of its own it would be asked for with one.
    locked: get("locked") === "yes" && limit === undefined ? undefined : get("locked") === "yes",
    nosharepages: get("nosharepages") === "yes",
    source: get("source"),
    access: get("access"),
    allocation: get("allocation"),
    hardLimitMiB: limit,
  });
}

function hugepages(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  if (text === "default") return true;
  return text.split(/, (?=\d+[KMG])/).map((page) => {
    const [size, cells] = page.split(" cells ");
    return { size, ...(cells !== undefined && { cells }) };
  });
}

function resources(argument: "cacheTune" | "memoryTune", facts: Facts): readonly Described[] {
  const found = [...facts].flatMap(([setting, value]): readonly { vcpus: string; part: Described }[] => {
    const one = parseSetting(setting);
    if (one.kind === "cacheTune" && argument === "cacheTune") {
      const { vcpus, level, id, type } = one;
      return [{ vcpus, part: { level, id, type, sizeKiB: kibOf(value) ?? 0 } }];
    }
    if (one.kind === "memoryTune" && argument === "memoryTune")
      return [{ vcpus: one.vcpus, part: { id: one.node, bandwidthPercent: Number(value) } }];
    return [];
  });
  const groups = Map.groupBy(found, ({ vcpus }) => vcpus);
  return [...groups]
    .toSorted(([one], [other]) => (CpuSet.parse(one).first ?? 0) - (CpuSet.parse(other).first ?? 0))
    .map(([vcpus, all]) => ({
      vcpus,
      [argument === "cacheTune" ? "caches" : "nodes"]: all.map(({ part }) => part),
    }));
}
