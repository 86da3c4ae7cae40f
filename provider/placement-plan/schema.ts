import { z } from "zod";
import type { Problem, Props } from "../resource";
import { connectionSchema, type Connection } from "../transport/connection";
import { toProblems } from "../vm-cpu-placement/schema-problems";
import { givenObject, list, mostMiB, oneOf, repeated, whole } from "../vm-cpu-placement/schema-values";
import { vmSchema } from "./schema-vm";
import { chosenName } from "./schema-values";

const node = z.string().regex(/^(0|[1-9]\d{0,3})$/, { error: "must be the number of a NUMA node" });
const memory = whole(0, mostMiB);

const hostSchema = z.strictObject(
  {
    connection: connectionSchema,
    reserved: list("CPU").optional(),
    reservedMemoryMiB: z
      .union([memory, z.record(node, memory)], {
        error: "must be MiB on each NUMA node, or a map from node to MiB, for example { 0: 8192, 1: 2048 }",
      })
      .optional(),
    shared: list("CPU").optional(),
    sharedVcpusPerCpu: whole(1, 1024).default(16),
    isolation: oneOf(["boot", "partition"]).optional(),
  },
  { error: 'must be an object, for example { connection, reserved: "0-1" }' },
);

export type HostArgs = z.output<typeof hostSchema>;

/** A host of which nothing is said. */
export const plainHost = (connection: Connection): HostArgs => hostSchema.parse({ connection });

/** At least one: an empty map is a slip, or the result of a loop over nothing. */
function some<Value extends z.ZodType>(value: Value, what: string) {
  return z
    .record(chosenName, value, { error: `must be a map from name to ${what}` })
    .refine((given) => Object.keys(given).length > 0, { error: `is empty: name a ${what}` });
}

const planSchema = z.strictObject({
  hosts: some(hostSchema, "host"),
  vms: some(vmSchema, "VM"),
  searchLimit: whole(1000, 1_000_000_000).optional(),
});

export type PlanInput = z.input<typeof planSchema>;
export type PlanArgs = z.output<typeof planSchema>;

export type ParsedArgs = { readonly args: PlanArgs } | { readonly problems: readonly Problem[] };

/** All problems at once, each with its path; a message never holds a value that may be secret. */
export function parseArgs(props: Props): ParsedArgs {
  const parsed = planSchema.safeParse(given(props));
  const between = betweenProblems(props);
  if (parsed.success && between.length === 0) return { args: parsed.data };
  return { problems: [...(parsed.error?.issues ?? []).flatMap(toProblems), ...between] };
}

/** Rules between entries. They look at what was given, for the schema hands on only the entries that are right. */
function betweenProblems({ hosts, vms }: Props): readonly Problem[] {
  const known = Object.keys(givenObject(hosts));
  const all = Object.entries(givenObject(vms)).map(([name, vm]) => ({ name, ...namesOf(vm) }));
  const domains = all.map(({ name, domain = name }) => domain);
  return [
    ...all.flatMap(({ name, onHosts }) =>
      onHosts
        .filter((host) => !known.includes(host))
        .map((host) => ({
          path: `vms.${name}.host`,
          reason: `there is no host "${host}" in hosts (${known.join(", ")})`,
        })),
    ),
    ...repeated(domains).map((index) => ({
      path: `vms.${all[index]?.name ?? ""}.domain`,
      reason: `domain "${domains[index] ?? ""}" is another VM's already`,
    })),
  ];
}

function namesOf(vm: unknown): { readonly domain?: string; readonly onHosts: readonly string[] } {
  const { domain, host } = givenObject(vm);
  const onHosts: readonly unknown[] = Array.isArray(host) ? host : [host];
  return {
    ...(typeof domain === "string" && { domain }),
    onHosts: onHosts.filter((one) => typeof one === "string"),
  };
}

/** The arguments among inputs or outputs, without computed keys. */
export function given(props: Props): Props {
  const computed = ["plan", "impact", "map"];
  return Object.fromEntries(
    Object.entries(props).filter(
      ([key, value]) => !key.startsWith("__") && !computed.includes(key) && value !== undefined,
    ),
  );
}
