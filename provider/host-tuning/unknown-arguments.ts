/*
 * In a preview an argument may be known only during the update. It is then left out of the plan, where what it has set
 * before looks as if it had left the program: that is no change of this run, and no word of it may be printed.
 */
import type { HostSnapshot } from "../host/snapshot";
import type { Change } from "../impact";
import { unitName } from "./boot-unit";
import type { HostPlan } from "./plan";

export function knownPart(
  { changes, warnings }: HostPlan,
  { unknown, snapshot }: { unknown: ReadonlySet<string>; snapshot: HostSnapshot },
): Pick<HostPlan, "changes" | "warnings"> {
  if (unknown.size === 0) return { changes, warnings };
  const isUnknown = (text: string): boolean => unknown.has(/^\w+/.exec(text)?.[0] ?? "");
  const entries = snapshot.journal.filter((entry) => isUnknown(entry.setting));
  const atBoot = new Set(entries.flatMap((entry) => entry.paths.map((path) => `${path} (at boot)`)));
  return {
    changes: changes.filter((one) => !isUnknown(one.setting) && !atBoot.has(one.setting) && !isSharedRemoval(one)),
    warnings: warnings.filter((warning) => !isUnknown(warning)),
  };
}

/** What several arguments share goes when the last of them goes: with one unknown that cannot be said. */
const isSharedRemoval = ({ setting, desired }: Change): boolean =>
  desired === null && (setting === unitName || setting.startsWith("kernel argument "));
