/*
 * A trial with GRUB whose menu consists of boot loader entries (RHEL 8 and later, Fedora): an entry more, and `next_entry`
 * in grubenv, which grub.cfg takes for one boot.
 * Source: blscfg.c and 00_header.in of GRUB in Fedora and RHEL.
 */
import type { HostSnapshot } from "../../host/snapshot";
import type { TrialLoader } from "./boot-loader";
import type { BlsEntry } from "./bls-menu";
import { entryCopy, entryScript, isEntryLeft, listed } from "./entry-trial";
import { menuFile } from "./grub-menu";
import { cannotWrite, chooseScript } from "./grub-next-entry";

/** GRUB lists entries by descending names, as RPM compares them: this is the last. */
export const blsTrialId = "~kvm-tuning-trial";

export interface BlsGrubMenu {
  readonly chosen: BlsEntry | undefined;
  readonly next: BlsEntry | undefined;
  readonly kernelopts: string | undefined;
  /** As it would be with `entry` beside the others. */
  readonly chosenWith: (entry: BlsEntry) => BlsEntry | undefined;
}

export const blsGrubTrial = (folder: string, menuOf: (snapshot: HostSnapshot) => BlsGrubMenu): TrialLoader => ({
  refusal: (snapshot) => refusal(folder, menuOf(snapshot), snapshot),
  isNext: (snapshot) => menuOf(snapshot).next?.id === blsTrialId,
  isLeft: (snapshot) => isEntryLeft(blsTrialId, snapshot),
  entry: (line, snapshot) => {
    const { chosen, kernelopts } = menuOf(snapshot);
    if (chosen === undefined) throw new Error("/boot/loader/entries has no entry");
    // The arguments that this boot gets must stand in the entry itself.
    const text = chosen.text.replaceAll(/\$kernelopts\b/g, () => kernelopts ?? "");
    return entryCopy(blsTrialId, { ...chosen, text }, line);
  },
  script: `
ready() { command -v grub2-editenv > /dev/null || fail 'grub2-editenv is not installed'; }
${entryScript(blsTrialId)}${chooseScript({ folder, prefix: "grub2" }, blsTrialId)}`,
});

function refusal(
  folder: string,
  { chosen, next, chosenWith }: BlsGrubMenu,
  snapshot: HostSnapshot,
): string | undefined {
  if (next !== undefined && next.id !== blsTrialId)
    return `the next boot is chosen already (grub2-reboot): ${JSON.stringify(next.title)}. Boot it, or run: grub2-editenv - unset next_entry`;
  if (!/next_entry/.test(snapshot.files.text(menuFile(folder)) ?? ""))
    return `${menuFile(folder)} does not know next_entry, by which GRUB takes an entry for one boot`;
  if (chosen === undefined || chosenWith(listed(blsTrialId, chosen))?.id === blsTrialId)
    return "the trial's entry would be GRUB's default: choose one with grub2-set-default";
  return cannotWrite(folder, snapshot);
}
