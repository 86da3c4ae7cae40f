import { z } from "zod";
import { impacts } from "../impact";
import { isSysctlKey, normaliseSysctlKey } from "../linux/sysctl-conf";
import type { Problem, Props } from "../resource";
import { connectionSchema } from "../transport/connection";
import { knobs, type KnobName } from "./registry";

const knobShape = Object.fromEntries(Object.entries(knobs).map(([name, knob]) => [name, knob.schema.optional()])) as {
  [K in KnobName]: z.ZodOptional<(typeof knobs)[K]["schema"]>;
};

const argsShape = {
  connection: connectionSchema,
  ...knobShape,
  maxDisruption: z.enum(impacts).default("live"),
  onDelete: z.enum(["restore", "retain"]).default("restore"),
  takeOwnership: z.boolean().default(false),
};

const hostTuningSchema = z.strictObject(argsShape).superRefine(refuseSecondWay);

export type HostTuningInput = z.input<typeof hostTuningSchema>;
export type HostTuningArgs = z.output<typeof hostTuningSchema>;
export type KnobArgs = Pick<HostTuningArgs, KnobName>;

/** sysctl keys that another argument sets: one setting has one writer. */
const ownedKeys: readonly { key: RegExp; argument: KnobName }[] = [
  { key: /^kernel\.numa_balancing$/, argument: "numaBalancing" },
  { key: /^vm\.nr_(hugepages(_mempolicy)?|overcommit_hugepages)$/, argument: "hugepages" },
];

function refuseSecondWay(args: Partial<Record<string, unknown>>, context: z.RefinementCtx): void {
  const seen = new Map<string, string>();
  for (const key of Object.keys(args["sysctl"] ?? {}).filter(isSysctlKey)) {
    const same = normaliseSysctlKey(key);
    const owner = ownedKeys.find((one) => one.key.test(same) && args[one.argument] !== undefined)?.argument;
    const first = seen.get(same);
    const twice = owner ?? (first === undefined ? undefined : `sysctl[${JSON.stringify(first)}]`);
    seen.set(same, key);
    if (twice === undefined) continue;
    const message = `is set by ${twice} too: give one of sysctl[${JSON.stringify(key)}] and ${twice}`;
    context.addIssue({ code: "custom", path: ["sysctl", key], message });
  }
}

export type ParsedArgs = { readonly args: HostTuningArgs } | { readonly problems: readonly Problem[] };

/** All problems at once, each with its path; a message never holds a value that may be secret. */
export function parseArgs(props: Props): ParsedArgs {
  const parsed = hostTuningSchema.safeParse(given(props));
  if (parsed.success) return { args: parsed.data };
  const problems = parsed.error.issues.flatMap(toProblems);
  return { problems };
}

/** The arguments among inputs or outputs, without computed keys. */
export function given(props: Props): Props {
  const computed = new Set(["plan", "impact", "pending", "undo", "actual", "verification", "hostId"]);
  return Object.fromEntries(
    Object.entries(props).filter(([key, value]) => !key.startsWith("__") && !computed.has(key) && value !== undefined),
  );
}

function toProblems(issue: z.core.$ZodIssue): readonly Problem[] {
  const at = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: at === "" ? key : `${at}.${key}`, reason: "unknown argument" }));
  }
  if (issue.code === "invalid_union") {
    const nested = issue.errors.flat();
    const reason = [...new Set(nested.map((one) => one.message))].join("; or ");
    return [{ path: at, reason: reason || issue.message }];
  }
  if (issue.code === "invalid_key") {
    return [{ path: at, reason: issue.issues.map((one) => one.message).join("; ") }];
  }
  return [{ path: at, reason: issue.message }];
}
