/* The CPU that the guest sees: libvirt's <cpu>, without its NUMA cells. */
import { z } from "zod";
import { givenObject, mostVcpus, oneOf, rules, someOf, whole, yesOrNo, type Given, type Say } from "./schema-values";

const part = whole(1, mostVcpus).optional();

/** featureName in libvirt's cputypes.rng. */
const featureName = z
  .string()
  .regex(/^[a-zA-Z0-9_.-]+$/, { error: 'must be the name of a CPU feature, for example "pcid"' });

const features = z
  .record(featureName, oneOf(["force", "require", "optional", "disable", "forbid"]), {
    error: 'must be a map from feature to policy, for example { pcid: "require" }',
  })
  .refine((given) => Object.keys(given).length > 0, { error: "is empty: name a feature, or leave it out" });

const modelError = 'must be the name of a CPU model, for example "Skylake-Server-IBRS"';

const cpu = someOf({
  mode: oneOf(["host-passthrough", "host-model", "custom", "maximum"]).optional(),
  match: oneOf(["exact", "minimum", "strict"]).optional(),
  model: z
    .string({ error: modelError })
    .regex(/^[a-zA-Z0-9_.+-]+$/, { error: modelError })
    .optional(),
  fallback: oneOf(["allow", "forbid"]).optional(),
  check: oneOf(["none", "partial", "full"]).optional(),
  migratable: yesOrNo().optional(),
  features: features.optional(),
  topology: someOf({ sockets: part, dies: part, clusters: part, cores: part, threads: part }).optional(),
  cache: oneOf(["passthrough", "emulate", "disable"]).optional(),
});

/** What libvirt refuses or silently drops (formatdomain: CPU model and topology). */
function modeRules({ mode, match, model, fallback, migratable, cache }: Given, say: Say): void {
  const custom = mode === "custom" || (mode === undefined && model !== undefined);
  if (mode === "custom" && model === undefined) say(["model"], "must be given with mode custom");
  if (model !== undefined && typeof mode === "string" && mode !== "custom")
    say(["model"], `must be left out with mode ${mode}: only custom names a model`);
  if (match !== undefined && !custom) say(["match"], "goes with mode custom and its model alone");
  if (fallback !== undefined && model === undefined) say(["fallback"], "goes with a model alone");
  const hostCpu = mode === "host-passthrough" || mode === "maximum";
  if (migratable !== undefined && !hostCpu) say(["migratable"], "goes with mode host-passthrough or maximum alone");
  if (cache === "passthrough" && !hostCpu && (mode !== undefined || model !== undefined))
    say(["cache"], "passthrough goes with mode host-passthrough or maximum alone");
}

export const cpuShape = {
  cpu: rules(cpu, (given, say) => modeRules(givenObject(given), say)).optional(),
};
