import { z } from "zod";
import { impacts } from "../impact";
import { canonicalKey } from "../linux/kernel-args";
import { isSysctlKey, normaliseSysctlKey } from "../linux/sysctl-conf";
import type { Problem, Props } from "../resource";
import { connectionSchema } from "../transport/connection";
import { maxUnavailableSchema } from "./max-unavailable";
import { rebootWindowSchema } from "./reboot-window";
import { knobs, type KnobName } from "./registry";

const knobShape = Object.fromEntries(Object.entries(knobs).map(([name, knob]) => [name, knob.schema.optional()])) as {
  [K in KnobName]: z.ZodOptional<(typeof knobs)[K]["schema"]>;
};

const isUnique = (names: readonly string[]): boolean => new Set(names).size === names.length;

const seconds = z.int().min(1).max(86_400);

const argsShape = {
  connection: connectionSchema,
  ...knobShape,
  maxDisruption: z.enum(impacts).default("live"),
  whenExceeded: z.enum(["fail", "stage"]).default("fail"),
  drain: z
    .strictObject({
      method: z.enum(["refuse", "shutdown", "managedSave"]),
      timeoutSeconds: seconds.default(120),
      order: z.array(z.string().min(1)).refine(isUnique, "names a domain twice").default([]),
    })
    .default({ method: "refuse", timeoutSeconds: 120, order: [] }),
  rebootWindow: rebootWindowSchema.optional(),
  maxUnavailable: maxUnavailableSchema.optional(),
  rebootTimeoutSeconds: seconds.default(900),
  trialBoot: z.enum(["auto", "require", "off"]).default("auto"),
  verify: z.enum(["fail", "warn"]).default("fail"),
  onDelete: z.enum(["restore", "retain"]).default("restore"),
  conflicts: z.enum(["warn", "takeOver", "fail"]).default("warn"),
  takeOwnership: z.boolean().default(false),
};

const hostTuningSchema = z.strictObject(argsShape).superRefine(refuseSecondWay);

export type HostTuningInput = z.input<typeof hostTuningSchema>;
export type HostTuningArgs = z.output<typeof hostTuningSchema>;
/** What a plan depends on. */
export type KnobArgs = Pick<HostTuningArgs, KnobName> &
  Partial<
    Pick<
      HostTuningArgs,
      "maxDisruption" | "whenExceeded" | "conflicts" | "trialBoot" | "rebootTimeoutSeconds" | "rebootWindow" | "drain"
    >
  >;

/** sysctl keys that another argument sets: one setting has one writer. */
const ownedKeys: readonly { key: RegExp; argument: KnobName }[] = [
  { key: /^kernel\.numa_balancing$/, argument: "numaBalancing" },
  { key: /^kernel\.sched_rt_runtime_us$/, argument: "schedRtRuntimeMicroseconds" },
  { key: /^vm\.nr_(hugepages(_mempolicy)?|overcommit_hugepages)$/, argument: "hugepages" },
];

/** Kernel arguments that another argument writes. */
const ownedArguments: readonly { keys: readonly string[]; argument: KnobName; part?: string }[] = [
  { keys: ["intel_idle.max_cstate"], argument: "cStates", part: "kernelArguments.intelIdleMaxCstate" },
  { keys: ["processor.max_cstate"], argument: "cStates", part: "kernelArguments.processorMaxCstate" },
  { keys: ["idle"], argument: "cStates", part: "kernelArguments.idle" },
  { keys: ["isolcpus", "nohz_full", "rcu_nocbs", "irqaffinity"], argument: "isolation" },
  { keys: ["hugepagesz", "hugepages"], argument: "hugepages" },
];

function refuseSecondWay(args: Partial<Record<string, unknown>>, context: z.RefinementCtx): void {
  for (const key of Object.keys(args["kernelArguments"] ?? {})) {
    const owned = ownedArguments.find((one) => one.keys.includes(canonicalKey(key)));
    if (owned === undefined || !names(args[owned.argument], owned.part)) continue;
    const owner = [owned.argument, ...(owned.part === undefined ? [] : [owned.part])].join(".");
    const message = `is written by ${owner}: give one of kernelArguments[${JSON.stringify(key)}] and ${owner}`;
    context.addIssue({ code: "custom", path: ["kernelArguments", key], message });
  }
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

/** Whether the argument is given, and the part of it that counts. */
function names(argument: unknown, part: string | undefined): boolean {
  const path = part === undefined ? [] : part.split(".");
  const value = path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null && key in inner ? (inner as Record<string, unknown>)[key] : undefined,
    argument,
  );
  return value !== undefined;
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
    // The form that was meant is the one whose type fits: its own problems say more than "expected string".
    const fits = (one: z.core.$ZodIssue) => one.code !== "invalid_type" || one.path.length > 0;
    // An object is no word of a list either, which zod does not call a type.
    const inside = (one: z.core.$ZodIssue) => fits(one) && (one.code !== "invalid_value" || one.path.length > 0);
    const meant = issue.errors.find((all) => all.every(inside)) ?? issue.errors.find((all) => all.every(fits));
    if (meant !== undefined) return meant.flatMap((one) => toProblems({ ...one, path: [...issue.path, ...one.path] }));
    const reason = [...new Set(issue.errors.flat().map((one) => one.message))].join("; or ");
    return [{ path: at, reason: reason || issue.message }];
  }
  if (issue.code === "invalid_key") {
    return [{ path: at, reason: issue.issues.map((one) => one.message).join("; ") }];
  }
  return [{ path: at, reason: issue.message }];
}
