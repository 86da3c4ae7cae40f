import { CpuSet } from "../linux/cpu-set";

/**
 * What of a domain this package manages, as flat settings in canonical form: equal facts are equal texts, so that
 * comparing, journalling and undoing need to know nothing about single fields. What equals libvirt's default is not
 * there: libvirt writes many defaults down, and they say nothing. settings.ts says what each is in the XML.
 *
 *   vcpus.maximum, .current, .placement         number; number, if it differs; auto
 *   vcpuCpuset, emulatorPin, vcpuPins.<vcpu>    CPU list
 *   iothreads.<id>                              CPU list, or `unpinned`
 *   vcpuScheduler.<vcpu>, iothreadScheduler.<id>, emulatorScheduler    fifo 1, rr 1, batch, idle
 *   cpuShares, cpuBandwidth.periodMicroseconds, .quotaMicroseconds     number
 *   cacheTune.<vcpus>.L<level>.<id>.<type>      3072 KiB
 *   memoryTune.<vcpus>.node<id>                 number
 *   numa.mode, .nodeset, .placement             strict, preferred, interleave, restrictive; node list; auto
 *   numa.cells.<id>.vcpus, .memory, .memAccess, .mode, .nodeset, .distances.<id>, .caches.<level>
 *   memory, currentMemory                       4194304 KiB
 *   cpu.mode, .match, .check, .migratable, .model, .vendor, .fallback, .cache, .features.<name>, .topology.<part>
 *   memoryBacking.hugepages                     default, or `1G cells 0, 2M cells 1`
 *   memoryBacking.locked, .nosharepages, .source, .access, .allocation, .hardLimit
 */
export type Facts = ReadonlyMap<string, string>;

/** Settings to be given a value, or with null to be removed. */
export type FactChanges = ReadonlyMap<string, string | null>;

/** An I/O thread that exists and runs wherever the domain may. */
export const unpinned = "unpinned";

export const topologyParts = ["sockets", "dies", "clusters", "cores", "threads"] as const;
export type TopologyPart = (typeof topologyParts)[number];

/** Settings without a number or name in them. */
const plain = [
  "vcpus.maximum",
  "vcpus.current",
  "vcpus.placement",
  "vcpuCpuset",
  "emulatorPin",
  "emulatorScheduler",
  "cpuShares",
  "cpuBandwidth.periodMicroseconds",
  "cpuBandwidth.quotaMicroseconds",
  "numa.mode",
  "numa.nodeset",
  "numa.placement",
  "memory",
  "currentMemory",
  "cpu.mode",
  "cpu.match",
  "cpu.check",
  "cpu.migratable",
  "cpu.model",
  "cpu.vendor",
  "cpu.fallback",
  "cpu.cache",
  "memoryBacking.hugepages",
  "memoryBacking.locked",
  "memoryBacking.nosharepages",
  "memoryBacking.source",
  "memoryBacking.access",
  "memoryBacking.allocation",
  "memoryBacking.hardLimit",
] as const;
export type PlainSetting = (typeof plain)[number];

const cellFields = ["vcpus", "memory", "memAccess", "mode", "nodeset"] as const;
export type CellField = (typeof cellFields)[number];

export type Setting =
  | { readonly kind: "plain"; readonly name: PlainSetting }
  | { readonly kind: "vcpuPin"; readonly vcpu: number }
  | { readonly kind: "vcpuScheduler"; readonly vcpu: number }
  | { readonly kind: "iothread"; readonly id: number }
  | { readonly kind: "iothreadScheduler"; readonly id: number }
  | { readonly kind: "cell"; readonly cell: number; readonly field: CellField }
  | { readonly kind: "cellDistance"; readonly cell: number; readonly to: number }
  | { readonly kind: "cellCache"; readonly cell: number; readonly level: number }
  | { readonly kind: "feature"; readonly name: string }
  | { readonly kind: "topology"; readonly part: TopologyPart }
  | {
      readonly kind: "cacheTune";
      readonly vcpus: string;
      readonly level: number;
      readonly id: number;
      readonly type: string;
    }
  | { readonly kind: "memoryTune"; readonly vcpus: string; readonly node: number };

type Parse = (parts: readonly string[]) => Setting | undefined;

const patterns: readonly (readonly [RegExp, Parse])[] = [
  [/^vcpuPins\.(\d+)$/, ([vcpu]) => ({ kind: "vcpuPin", vcpu: Number(vcpu) })],
  [/^vcpuScheduler\.(\d+)$/, ([vcpu]) => ({ kind: "vcpuScheduler", vcpu: Number(vcpu) })],
  [/^iothreads\.(\d+)$/, ([id]) => ({ kind: "iothread", id: Number(id) })],
  [/^iothreadScheduler\.(\d+)$/, ([id]) => ({ kind: "iothreadScheduler", id: Number(id) })],
  [
    /^numa\.cells\.(\d+)\.distances\.(\d+)$/,
    ([cell, to]) => ({ kind: "cellDistance", cell: Number(cell), to: Number(to) }),
  ],
  [
    /^numa\.cells\.(\d+)\.caches\.(\d+)$/,
    ([cell, level]) => ({ kind: "cellCache", cell: Number(cell), level: Number(level) }),
  ],
  [
    /^numa\.cells\.(\d+)\.(\w+)$/,
    ([cell, name]) => {
      const field = cellFields.find((one) => one === name);
      return field === undefined ? undefined : { kind: "cell", cell: Number(cell), field };
    },
  ],
  [/^cpu\.features\.(.+)$/s, ([name = ""]) => ({ kind: "feature", name })],
  [
    /^cpu\.topology\.(\w+)$/,
    ([name]) => {
      const part = topologyParts.find((one) => one === name);
      return part === undefined ? undefined : { kind: "topology", part };
    },
  ],
  [
    /^cacheTune\.(.*)\.L(\d+)\.(\d+)\.(\w+)$/s,
    ([vcpus = "", level, id, type = ""]) => ({ kind: "cacheTune", vcpus, level: Number(level), id: Number(id), type }),
  ],
  [/^memoryTune\.(.*)\.node(\d+)$/s, ([vcpus = "", node]) => ({ kind: "memoryTune", vcpus, node: Number(node) })],
];

export function parseSetting(setting: string): Setting {
  const name = plain.find((one) => one === setting);
  if (name !== undefined) return { kind: "plain", name };
  for (const [pattern, parse] of patterns) {
    const found = pattern.exec(setting);
    const parsed = found === null ? undefined : parse(found.slice(1));
    if (parsed !== undefined) return parsed;
  }
  throw new Error(`no setting of a domain is named ${setting}`);
}

/** The canonical text of a set; what libvirt would refuse stays as it is written, to be shown. */
export function canonicalSet(text: string): string {
  try {
    return CpuSet.parseLibvirt(text).toString();
  } catch {
    return text.trim();
  }
}

/** KiB of a fact such as `4194304 KiB`. */
export function kibOf(fact: string | null | undefined): number | undefined {
  const digits = /^(\d+) KiB$/.exec(fact ?? "")?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export const kibText = (kib: number | bigint): string => `${String(kib)} KiB`;

/** The facts after `changes`. */
export function withChanges(facts: Facts, changes: FactChanges): Facts {
  const all = new Map<string, string | null>([...facts, ...changes]);
  return new Map([...all].flatMap(([setting, value]) => (value === null ? [] : [[setting, value] as const])));
}

export function sameFacts(one: Facts, other: Facts): boolean {
  return one.size === other.size && [...one].every(([setting, value]) => other.get(setting) === value);
}
