import { z } from "zod";
import { CpuSet } from "../linux/cpu-set";
import { impacts } from "../impact";
import type { Problem, Props } from "../resource";
import { connectionSchema } from "../transport/connection";

/** A CPU or node list as libvirt writes it: `0-3,^2`. Never empty. */
const list = z
  .string({ error: 'must be a CPU list as text, for example "0-3,8" or "0-7,^3"' })
  .superRefine((text, context) => {
    try {
      CpuSet.parseLibvirt(text);
    } catch (error) {
      context.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error) });
    }
  });

const vcpuNumbers = z.string().regex(/^\d{1,4}(-\d{1,4})?(,\d{1,4}(-\d{1,4})?)*$/, {
  error: 'must be a vCPU number or a list of them, for example "0" or "0-3"',
});

const vcpuPins = z.union([list, z.record(vcpuNumbers, list).superRefine(refuseTwice)]);

function refuseTwice(pins: Readonly<Record<string, string>>, context: z.RefinementCtx): void {
  const seen = new Map<number, string>();
  for (const key of Object.keys(pins)) {
    for (const vcpu of numbersOf(key, context)) {
      const other = seen.get(vcpu);
      if (other !== undefined) {
        context.addIssue({
          code: "custom",
          path: [key],
          message: `pins vCPU ${vcpu}, which ${JSON.stringify(other)} pins too`,
        });
      }
      seen.set(vcpu, key);
    }
  }
}

function numbersOf(key: string, context: z.RefinementCtx): Iterable<number> {
  try {
    return CpuSet.parse(key);
  } catch (error) {
    context.addIssue({ code: "custom", path: [key], message: error instanceof Error ? error.message : String(error) });
    return [];
  }
}

const iothread = z.strictObject({
  id: z
    .int({ error: "must be a whole number" })
    .min(1, { error: "must be 1 or more: libvirt counts I/O threads from 1" }),
  cpus: list,
});

const numa = z
  .strictObject({
    mode: z
      .enum(["strict", "preferred", "interleave", "restrictive"], {
        error: "must be strict, preferred, interleave or restrictive",
      })
      .optional(),
    nodeset: list.optional(),
  })
  .refine((given) => given.mode !== undefined || given.nodeset !== undefined, {
    error: "holds neither mode nor nodeset",
  });

const argsShape = {
  connection: connectionSchema,
  domain: z
    .string({ error: "must be the domain's name or UUID" })
    .min(1, { error: "must be the domain's name or UUID; it is empty" }),
  vcpuPins: vcpuPins.optional(),
  emulatorPin: list.optional(),
  iothreads: z
    .array(iothread)
    .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, { error: "names one id twice" })
    .optional(),
  numa: numa.optional(),
  maxDisruption: z.enum(impacts).default("live"),
  onDelete: z.enum(["restore", "retain"]).default("restore"),
  shutdownTimeoutSeconds: z
    .int({ error: "must be whole seconds" })
    .min(1, { error: "must be 1 or more" })
    .max(86400, { error: "must be a day at most" })
    .default(120),
  takeOwnership: z.boolean().default(false),
};

const placementSchema = z.strictObject(argsShape);

export type PlacementInput = z.input<typeof placementSchema>;
export type PlacementArgs = z.output<typeof placementSchema>;

export type ParsedArgs = { readonly args: PlacementArgs } | { readonly problems: readonly Problem[] };

/** All problems at once, each with its path; a message never holds a value that may be secret. */
export function parseArgs(props: Props): ParsedArgs {
  const parsed = placementSchema.safeParse(given(props));
  return parsed.success ? { args: parsed.data } : { problems: parsed.error.issues.flatMap(toProblems) };
}

const computed = new Set(["plan", "impact", "pending", "undo", "actual", "verification", "hostId", "domainUuid"]);

/** The arguments among inputs or outputs, without computed keys. */
export function given(props: Props): Props {
  return Object.fromEntries(
    Object.entries(props).filter(([key, value]) => !key.startsWith("__") && !computed.has(key) && value !== undefined),
  );
}

function toProblems(issue: z.core.$ZodIssue): readonly Problem[] {
  const at = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: at === "" ? key : `${at}.${key}`, reason: "unknown argument" }));
  }
  if (issue.code === "invalid_union") return unionProblems(at, issue.errors);
  if (issue.code === "invalid_key") return [{ path: at, reason: issue.issues.map((one) => one.message).join("; ") }];
  return [{ path: at, reason: issue.message }];
}

/** Of the shapes that were possible the one whose type fits says more: its problems lie deeper, or are about the value. */
function unionProblems(at: string, branches: readonly (readonly z.core.$ZodIssue[])[]): readonly Problem[] {
  const fitting = branches.filter(
    (issues) => !issues.some((one) => one.code === "invalid_type" && one.path.length === 0),
  );
  const issues = (fitting.length === 0 ? branches : fitting).flat();
  return issues
    .flatMap(toProblems)
    .map(({ path, reason }) => ({ path: [at, path].filter((part) => part !== "").join("."), reason }));
}
