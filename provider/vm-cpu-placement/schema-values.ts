/* Single values of the arguments, and how the rules between them are written. */
import { z } from "zod";
import { CpuListError } from "../linux/cpu-list-error";
import { CpuSet } from "../linux/cpu-set";

type Kind = "CPU" | "vCPU" | "node" | "cell";

const wanted: Readonly<Record<Kind, string>> = {
  CPU: 'must be a CPU list as text, for example "0-3,8" or "0-7,^3"',
  vCPU: 'must be a list of vCPUs as text, for example "0" or "0-3"',
  node: 'must be a list of host NUMA nodes as text, for example "0" or "0-1"',
  cell: 'must be a list of guest NUMA cells as text, for example "0" or "0-1"',
};

/** A list as libvirt writes it: `0-3,^2`. Never empty. */
export function list(kind: Kind): z.ZodString {
  return z.string({ error: wanted[kind] }).superRefine((text, context) => {
    try {
      CpuSet.parseLibvirt(text);
    } catch (error) {
      context.addIssue({ code: "custom", message: listMessage(error, kind) });
    }
  });
}

export function listMessage(error: unknown, kind: Kind): string {
  if (!(error instanceof CpuListError)) return error instanceof Error ? error.message : String(error);
  const head = error.message.slice(0, -error.reason.length).replace("CPU list", `${kind} list`);
  return head + error.reason.replaceAll("CPU", kind);
}

/** The set that a list stands for; undefined if it is none, which the list's own rule reports. */
export function setOf(text: unknown): CpuSet | undefined {
  if (typeof text !== "string") return undefined;
  try {
    return CpuSet.parseLibvirt(text);
  } catch {
    return undefined;
  }
}

/** libvirt's limit of CPU numbers (VIR_DOMAIN_CPUMASK_LEN), and so of vCPUs. */
export const mostVcpus = 16384;
/** 4 PiB, all that an x86-64 machine can address: more is a slip of the pen. */
export const mostMiB = 2 ** 32;

/** A whole number; one problem, whatever is wrong with it. */
export function whole(least: number, most: number, why = ""): z.ZodNumber {
  const error = `must be a whole number from ${least} to ${most}${why}`;
  return z.number({ error }).refine((value) => Number.isInteger(value) && value >= least && value <= most, { error });
}

export function oneOf<const Words extends readonly [string, string, ...string[]]>(
  words: Words,
): z.ZodEnum<{ [Word in Words[number]]: Word }> {
  return z.enum(words, { error: `must be ${inWords(words, "or")}` });
}

export const yesOrNo = (): z.ZodBoolean => z.boolean({ error: "must be true or false" });

export function inWords(words: readonly string[], last: "and" | "or"): string {
  const [end = "", ...rest] = words.toReversed();
  return rest.length === 0 ? end : `${rest.toReversed().join(", ")} ${last} ${end}`;
}

/** An object, or a field of one, as it was given: also what its own rule refuses. */
export type Given = Readonly<Record<string, unknown>>;
export type Say = (path: readonly (string | number)[], message: string) => void;

/** Whatever was given, as a list of objects: wrong parts are empty ones, so that places in the list stay. */
export function givenList(value: unknown): readonly Given[] {
  return Array.isArray(value) ? value.map(givenObject) : [];
}

export function givenObject(value: unknown): Given {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

/**
 * Rules between fields. They hold also while a field is wrong by itself, so that every problem is said in one run;
 * therefore they take what was given, not what was parsed.
 */
export function rules<Schema extends z.ZodType>(schema: Schema, check: (given: unknown, say: Say) => void): Schema {
  return schema.superRefine(
    (value, context) => check(value, (path, message) => context.addIssue({ code: "custom", path: [...path], message })),
    { when: () => true },
  );
}

/** An object with at least one of its fields: an empty one says nothing, and mostly is a slip. */
export function someOf<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const names = Object.keys(shape);
  const object = z.strictObject(shape, { error: `must be an object with ${inWords(names, "or")}` });
  return rules(object, (given, say) => {
    const empty = typeof given === "object" && given !== null && !Array.isArray(given) && valuesOf(given).length === 0;
    if (empty) say([], `holds none of ${inWords(names, "and")}: give one, or leave it out`);
  });
}

const valuesOf = (object: object): readonly unknown[] => Object.values(object).filter((value) => value !== undefined);

/** Sets of one kind that may not meet: each number that a later one has too is named once. */
export function disjoint(
  sets: readonly (CpuSet | undefined)[],
  say: (index: number, number: number, first: number) => void,
) {
  const owners = new Map<number, number>();
  sets.forEach((set, index) => {
    const twice = [...(set ?? [])].find((number) => owners.has(number));
    if (twice !== undefined) say(index, twice, owners.get(twice) ?? 0);
    for (const number of set ?? []) if (!owners.has(number)) owners.set(number, index);
  });
}

/** Places of a list whose key a place before has too. */
export function repeated(keys: readonly (string | undefined)[]): readonly number[] {
  return keys.flatMap((key, index) => (key !== undefined && keys.indexOf(key) < index ? [index] : []));
}
