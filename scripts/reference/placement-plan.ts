import { readFileSync } from "node:fs";
import { join } from "node:path";

import { readArguments, type Argument } from "./arguments";
import type { Subject } from "./page";

const file = join(__dirname, "..", "..", "sdk", "placement-plan-args.ts");

export const placementPlanSubject: Subject = {
  opening: `<!-- Made by \`npm run reference\` from the documentation in sdk/. Change it there. -->

# PlacementPlan: arguments

What a program may write, field by field; what the plan makes of it is in [the plan of a fleet](../placement-plan.md).
\`hosts\` and \`vms\` are maps: \`hosts.reserved\` below is \`hosts["kvm-01"].reserved\` in a program. Lists of CPUs are text as
libvirt writes it: \`"0-3,8"\`, \`"0-7,^3"\`. The preview reports every argument that cannot be, at once, with its path.

A plan writes nothing. Impact is what another value costs a VM that runs, when its \`VmCpuPlacement\` carries the plan out:
\`none\`: nothing, or only where the VM gets another place. \`live\`: pins are moved while it runs. \`vm-restart\`: a new QEMU
process.
`,
  impact: () => undefined,
  program: (fields) => ['new PlacementPlan("rack-7", {', ...fields, "});"],
};

/** All arguments of PlacementPlan, as the page has them. */
export function placementPlanArguments(): readonly Argument[] {
  const sources = new Map([["placement-plan-args.ts", readFileSync(file, "utf8")]]);
  return readArguments(sources, ["PlacementPlanArgs"]);
}
