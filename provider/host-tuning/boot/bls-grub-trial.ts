/*
 * A trial with GRUB whose menu consists of boot loader entries (RHEL 8 and later, Fedora): an entry more, and `next_entry`
 * in grubenv, which grub.cfg takes for one boot.
 * Source: blscfg.c and 00_header.in of GRUB in Fedora and RHEL.
 */
import type { HostSnapshot } from "../../host/snapshot";
import type { TrialLoader } from "./boot-loader";
import { entryTrial, wouldBeDefault, type EntryMenu } from "./entry-trial";
import { menuFile } from "./grub-menu";
import { cannotWrite, chooseScript } from "./grub-next-entry";

/** GRUB lists entries by descending names, as RPM compares them: this is the last. */
export const blsTrialId = "~kvm-tuning-trial";

export interface BlsGrubMenu extends EntryMenu {
  readonly kernelopts: string | undefined;
}

export const blsGrubTrial = (folder: string, menuOf: (snapshot: HostSnapshot) => BlsGrubMenu): TrialLoader =>
  entryTrial({
    trialId: blsTrialId,
    menuOf,
    refusal: (menu, snapshot) => refusal(folder, menu, snapshot),
    // The arguments that this boot gets must stand in the entry itself.
    textOf: ({ text }, { kernelopts }) => text.replaceAll(/\$kernelopts\b/g, () => kernelopts ?? ""),
    choosing: `
ready() { command -v grub2-editenv > /dev/null || fail 'grub2-editenv is not installed'; }
${chooseScript({ folder, prefix: "grub2" }, blsTrialId)}`,
  });

function refusal(folder: string, menu: BlsGrubMenu, snapshot: HostSnapshot): string | undefined {
  const { next } = menu;
  if (next !== undefined && next.id !== blsTrialId)
    return `the next boot is chosen already (grub2-reboot): ${JSON.stringify(next.title)}. Boot it, or run: grub2-editenv - unset next_entry`;
  if (!/next_entry/.test(snapshot.files.text(menuFile(folder)) ?? ""))
    return `${menuFile(folder)} does not know next_entry, by which GRUB takes an entry for one boot`;
  if (wouldBeDefault(blsTrialId, menu))
    return "the trial's entry would be GRUB's default: choose one with grub2-set-default";
  return cannotWrite(folder, snapshot);
}
