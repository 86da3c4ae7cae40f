import { CpuSet } from "../../linux/cpu-set";
import type { PlacementFields } from "../desired-context";
import type { DomainDocument } from "../domain-xml";
import { parseSetting, unpinned, withChanges, type FactChanges, type Facts } from "../facts";
import type { HostFacts } from "../host-facts";
import type { Domain } from "../model";
import type { OtherDomain } from "../others";
import type { BySide } from "../record";

/** What is checked before anything is done. */
export interface Request {
  readonly fields: PlacementFields;
  readonly wanted: FactChanges;
  readonly targets: BySide<FactChanges>;
  /** Undefined: not there yet. */
  readonly domain: Domain | undefined;
  readonly host: HostFacts;
  readonly others: readonly OtherDomain[];
}

/** A request, and the domain as it will be. */
export interface Judged extends Request {
  /** The definition's when all is done, or a transient domain's. */
  readonly facts: Facts;
  /** What these facts lie in now. */
  readonly document: DomainDocument | undefined;
  /** `domain "db"`. */
  readonly name: string;
  /** Undefined: the domain is not there, and the program does not say. */
  readonly maximumVcpus: number | undefined;
}

export function judge(request: Request): Judged {
  const { domain, targets, wanted } = request;
  const side = domain?.config === undefined ? "live" : "config";
  const document = domain?.[side];
  const facts = document === undefined ? withChanges(new Map(), wanted) : withChanges(document.facts, targets[side]);
  const maximum = facts.get("vcpus.maximum");
  return {
    ...request,
    facts,
    document,
    name: domain === undefined ? "the domain" : `domain "${domain.name}"`,
    maximumVcpus: maximum === undefined ? document?.maximumVcpus : Number(maximum),
  };
}

/**
 * The first setting of the program that is one of `names` or lies under one. A check whose settings the program does
 * not name stays silent: what the program does not manage it is not asked to mend.
 */
export function firstOf({ wanted }: Pick<Request, "wanted">, ...names: readonly string[]): string | undefined {
  const settings = [...wanted.keys()];
  for (const name of names) {
    const found = settings.find((setting) => setting === name || setting.startsWith(`${name}.`));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A set in a document that libvirt may never have read: what is no list holds nothing. */
export function readSet(text: string): CpuSet {
  try {
    return CpuSet.parse(text);
  } catch {
    return CpuSet.empty;
  }
}

export interface Pin {
  readonly setting: string;
  readonly kind: "vcpuPin" | "emulatorPin" | "iothread";
  /** Of a vCPU its number, of an I/O thread its id. */
  readonly id: number;
  readonly cpus: CpuSet;
}

/** Each domain of a host is looked at for each other one: facts are values, so what follows from them is kept. */
const known = new WeakMap<FactChanges, readonly Pin[]>();

/** By vCPU, the emulator, the I/O threads: in the order of `facts`. */
export function pinsOf(facts: FactChanges): readonly Pin[] {
  const pins = known.get(facts) ?? [...facts].flatMap(pinOf);
  known.set(facts, pins);
  return pins;
}

function pinOf([setting, value]: readonly [string, string | null]): readonly Pin[] {
  if (value === null || value === unpinned) return [];
  if (setting === "emulatorPin") return [{ setting, kind: setting, id: 0, cpus: readSet(value) }];
  const parsed = parseSetting(setting);
  if (parsed.kind === "vcpuPin") return [{ setting, kind: parsed.kind, id: parsed.vcpu, cpus: readSet(value) }];
  if (parsed.kind === "iothread") return [{ setting, kind: parsed.kind, id: parsed.id, cpus: readSet(value) }];
  return [];
}

export const vcpuPinsOf = (facts: FactChanges): readonly Pin[] =>
  pinsOf(facts).filter(({ kind }) => kind === "vcpuPin");

/** Which vCPUs have a CPU for themselves, by CPU. */
export function dedicatedCpus(facts: FactChanges): ReadonlyMap<number, readonly number[]> {
  const byCpu = new Map<number, readonly number[]>();
  for (const { id, cpus } of vcpuPinsOf(facts)) {
    if (cpus.size !== 1 || cpus.first === undefined) continue;
    byCpu.set(cpus.first, [...(byCpu.get(cpus.first) ?? []), id]);
  }
  return byCpu;
}

/** Threads of a core that the guest sees. */
export const threadsPerCore = (facts: Facts): number => Number(facts.get("cpu.topology.threads") ?? "1");
