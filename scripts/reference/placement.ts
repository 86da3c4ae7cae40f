import { readFileSync } from "node:fs";
import { join } from "node:path";

import { impactOfArgument } from "../../provider/vm-cpu-placement/argument-impact";
import { readArguments, type Argument } from "./arguments";
import type { Subject } from "./page";

const sdk = join(__dirname, "..", "..", "sdk");

export const placementSubject: Subject = {
  opening: `<!-- Made by \`npm run reference\` from the documentation in sdk/. Change it there. -->

# VmCpuPlacement: arguments

What a program may write, field by field. An absent argument is not ours: it is neither compared nor written. Lists of
CPUs, nodes, cells and vCPUs are text as libvirt writes it: \`"0-3,8"\`, \`"0-7,^3"\`. The preview reports every
argument that cannot be, at once, with its path.

Impact is what a change costs a running domain. \`none\`: nothing. \`live\`: it is done while the guest runs. \`vm-restart\`:
it needs a new QEMU process, so \`maxDisruption: "vm-restart"\`; a reboot inside the guest is not enough. A domain that is
shut off gets a new definition, and nothing costs anything.
`,
  impact: impactOfArgument,
  program: (fields) => ['new VmCpuPlacement("db", {', "  host,", '  domain: "db-server",', ...fields, "});"],
};

/** In the order of the page. */
const files = ["", "-thread", "-scheduling", "-cpu", "-numa", "-memory", "-resctrl"].map(
  (part) => `vm-cpu-placement${part}-args.ts`,
);

const order = [
  ["OnHost", "OverConnection"],
  ["ThreadFields", "SchedulingFields", "CpuFields", "NumaFields", "MemoryBackingFields", "ResctrlFields"],
  ["VmCpuPlacementFields"],
].flat();

/** What says which domain is meant. */
const first = ["host", "connection", "domain"];

/** All arguments of VmCpuPlacement, as the page has them. */
export function placementArguments(): readonly Argument[] {
  const sources = new Map(files.map((name) => [name, readFileSync(join(sdk, name), "utf8")]));
  const all = readArguments(sources, order);
  const isFirst = ({ path }: Argument): boolean => first.includes(path);
  return [...all.filter(isFirst), ...all.filter((one) => !isFirst(one))];
}
