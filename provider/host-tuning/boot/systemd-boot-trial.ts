/*
 * A trial with systemd-boot: an entry more, and the firmware's variable LoaderEntryOneShot, which systemd-boot deletes
 * before it boots what it names. The default is not touched, also where it is `@saved`: a boot that was chosen once is not
 * saved.
 * Source: systemd-boot(7), bootctl(1) set-oneshot; the Boot Loader Interface (systemd.io); seen with systemd 252.
 */
import type { HostSnapshot } from "../../host/snapshot";
import { bootctlFiles, loaderVariable } from "../../linux/boot-loader-markers";
import type { TrialLoader } from "./boot-loader";
import type { BlsEntry } from "./bls-menu";
import { entryTrial, wouldBeDefault, type EntryMenu } from "./entry-trial";

/** systemd-boot lists entries without a sort key by descending names: this is the last of all that begin with a letter or digit. */
export const trialEntryId = "0-kvm-tuning-trial";

export interface SystemdBootMenu extends EntryMenu {
  readonly entries: readonly BlsEntry[];
}

export const systemdBootTrial = (menuOf: (snapshot: HostSnapshot) => SystemdBootMenu): TrialLoader =>
  entryTrial({ trialId: trialEntryId, menuOf, refusal, choosing });

function refusal(menu: SystemdBootMenu, snapshot: HostSnapshot): string | undefined {
  const { next } = menu;
  if (snapshot.files.text(loaderVariable("LoaderInfo")) === undefined)
    return "systemd-boot's variables are not in /sys/firmware/efi/efivars, so no entry can be chosen for one boot";
  if (bootctlFiles.every((path) => snapshot.files.text(path) === undefined))
    return "bootctl is not installed on the host (Debian, Ubuntu: the package systemd-boot)";
  if (next !== undefined && next.id !== trialEntryId)
    return `the next boot is chosen already (bootctl set-oneshot): ${JSON.stringify(next.title)}. Boot it, or run: bootctl set-oneshot ''`;
  if (wouldBeDefault(trialEntryId, menu))
    return "the trial's entry would be systemd-boot's default: name the default by its whole file name (bootctl set-default)";
  return undefined;
}

const choosing = `
once=$root${loaderVariable("LoaderEntryOneShot")}
ready() { command -v bootctl > /dev/null || fail 'bootctl is not installed'; }
# Four bytes of attributes, then UTF-16.
chosen() { [ -e "$once" ] && [ "$(tr -dc '[:print:]' < "$once")" = ${trialEntryId}.conf ]; }
select_entry() { bootctl set-oneshot ${trialEntryId}.conf && chosen || fail 'cannot choose the trial (bootctl set-oneshot)'; }
unselect_entry() { ! chosen || { bootctl set-oneshot '' && ! chosen; } || fail 'cannot take the choice of the trial back (bootctl set-oneshot)'; }
`;
