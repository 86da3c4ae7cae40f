import { z } from "zod";
import { impacts } from "../impact";
import type { Problem, Props } from "../resource";
import { connectionSchema } from "../transport/connection";
import { cpuShape } from "./schema-cpu";
import { memoryShape } from "./schema-memory";
import { numaShape, poolRules } from "./schema-numa";
import { toProblems } from "./schema-problems";
import { groupRules, resctrlShape } from "./schema-resctrl";
import { threadShape } from "./schema-threads";
import { givenObject, oneOf, rules, whole, yesOrNo } from "./schema-values";

const argsShape = {
  connection: connectionSchema,
  domain: z
    .string({ error: "must be the domain's name or UUID" })
    .min(1, { error: "must be the domain's name or UUID; it is empty" }),
  ...threadShape,
  ...cpuShape,
  ...numaShape,
  ...memoryShape,
  ...resctrlShape,
  migration: oneOf(["pinned", "flexible"]).optional(),
  maxDisruption: oneOf(impacts).default("live"),
  verify: oneOf(["fail", "warn"]).default("fail"),
  onDelete: oneOf(["restore", "retain"]).default("restore"),
  shutdownTimeoutSeconds: whole(1, 86400, " (a day)").default(120),
  forceOff: yesOrNo().default(false),
  takeOwnership: yesOrNo().default(false),
};

const placementSchema = rules(z.strictObject(argsShape), (given, say) => {
  groupRules(givenObject(given), say);
  poolRules(givenObject(given), say);
});

export type PlacementInput = z.input<typeof placementSchema>;
export type PlacementArgs = z.output<typeof placementSchema>;

export type ParsedArgs = { readonly args: PlacementArgs } | { readonly problems: readonly Problem[] };

/** All problems at once, each with its path; a message never holds a value that may be secret. */
export function parseArgs(props: Props): ParsedArgs {
  const parsed = placementSchema.safeParse(given(props));
  return parsed.success ? { args: parsed.data } : { problems: parsed.error.issues.flatMap(toProblems) };
}

/**
 * Arguments with what a refresh has found: only as far as the next run can read it again, for a domain may have been
 * given what no program may write. The plan shows that difference all the same.
 */
export function withObserved(args: Props, observed: Props): Props {
  return Object.entries(observed).reduce<Props>((all, [name, value]) => {
    const next = { ...all, [name]: value };
    return "problems" in parseArgs(next) ? all : next;
  }, args);
}

const computed = new Set(["plan", "impact", "pending", "undo", "actual", "verification", "hostId", "domainUuid"]);

/** The arguments among inputs or outputs, without computed keys. */
export function given(props: Props): Props {
  return Object.fromEntries(
    Object.entries(props).filter(([key, value]) => !key.startsWith("__") && !computed.has(key) && value !== undefined),
  );
}
