import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { readArguments, type Argument } from "./arguments";
import { flat, type Subject } from "./page";

const sdk = join(__dirname, "..", "..", "sdk");

const opening = `<!-- Made by \`npm run reference\` from the documentation in sdk/. Change it there. -->

# HostTuning: arguments

What a program may write, field by field. An absent argument is not ours: it is neither compared nor written. Lists of
CPUs are text as the kernel writes it: \`"0-3,8"\`. The preview reports every argument that cannot be, at once, with its
path; a feature that the host lacks is no change, and a warning says why.

Impact is what a change costs. \`none\`: nothing. \`live\`: the running kernel takes it at once. \`host-reboot\`: only a boot
gives it, so \`maxDisruption: "host-reboot"\`, or \`whenExceeded: "stage"\` to wait for somebody's.
`;

/** In the order of the page. */
const order = [
  "HostTuningArgs",
  "KernelFields",
  "HugepagesFields",
  "PowerFields",
  "HousekeepingFields",
  "ServiceFields",
  "RebootFields",
] as const;

/** What decides how a run goes, behind what it sets. */
const last =
  /^(conflicts|maxDisruption|whenExceeded|drain|rebootTimeoutSeconds|trialBoot|rebootWindow|maxUnavailable|verify|onDelete|takeOwnership)\b/;

/** All arguments of HostTuning, as the page has them. */
export function hostTuningArguments(): readonly Argument[] {
  const names = readdirSync(sdk).filter((name) => /^host-tuning.*-args\.ts$/.test(name));
  const sources = new Map(names.sort().map((name) => [name, readFileSync(join(sdk, name), "utf8")]));
  const all = readArguments(sources, order);
  return [...all.filter(({ path }) => !last.test(path)), ...all.filter(({ path }) => last.test(path))];
}

/** A field has the impact of what it is in, if its documentation says no other. */
function impact(path: string): string | undefined {
  const above = flat(hostTuningArguments())
    .map(({ argument }) => argument)
    .filter((one) => path.startsWith(`${one.path}.`) && one.doc.impact !== undefined);
  return above.at(-1)?.doc.impact;
}

export const hostTuningSubject: Subject = {
  opening,
  impact,
  program: (fields) => ['new HostTuning("kvm-01", {', "  connection,", ...fields, "});"],
};
