/*
 * A trial with GRUB: a menu entry of our own in custom.cfg, which grub.cfg reads (41_custom), so that nothing is generated
 * for it; and `next_entry` in grubenv, which GRUB takes for one boot and empties before it boots. The entry is a copy of
 * the one that boots by default but for its kernel arguments. The default itself stays as it is.
 * GRUB empties `next_entry` by writing a block of the file: it cannot on LVM, RAID, btrfs and ZFS, and a trial that
 * fails would then be tried for ever.
 * Source: GRUB manual, "The GRUB environment block"; grub-reboot(8); /etc/grub.d/00_header, 41_custom of GRUB 2.06.
 */
import type { HostSnapshot } from "../../host/snapshot";
import type { GrubEntry } from "../../linux/grub-config";
import { canonicalKey, parseKernelLine } from "../../linux/kernel-args";
import { mountOf } from "../../linux/mounts";
import { grubQuote } from "./grub-fragment";
import { customMenuFile, environmentFile, menuFile, menuWith, readMenu } from "./grub-menu";
import type { GrubPlace } from "./grub-place";
import type { BootArgument } from "./boot-arguments";
import type { TrialLoader } from "./boot-loader";

export const trialEntryId = "kvm-tuning-trial";

export const grubTrial = ({ folder, prefix }: GrubPlace): TrialLoader => ({
  refusal: (snapshot) => refusal(folder, prefix, snapshot),
  isNext: (snapshot) => readMenu(folder, snapshot).nextOnly?.id === trialEntryId,
  isLeft: (snapshot) => readMenu(folder, snapshot).entries.some((entry) => entry.id === trialEntryId),
  entry: (line, snapshot) => {
    const { default: entry } = readMenu(folder, snapshot);
    if (entry === undefined) throw new Error("grub.cfg has no menu entry");
    const options = entry.unrestricted ? " --unrestricted" : "";
    const words = [entry.kernel ?? "", ...trialWords(entry, line)].map(grubQuote);
    return [
      entry.id,
      `menuentry 'Trial of kernel arguments (kvm-tuning)'${options} --id ${trialEntryId} {`,
      words.join(" "),
    ];
  },
  script: trialScript(folder, prefix),
});

function refusal(folder: string, prefix: string, snapshot: HostSnapshot): string | undefined {
  const menu = readMenu(folder, snapshot);
  const { default: entry, nextOnly } = menu;
  if (nextOnly !== undefined && nextOnly.id !== trialEntryId)
    return `the next boot is chosen already (${prefix}-reboot): ${JSON.stringify(nextOnly.title)}. Boot it, or run: ${prefix}-editenv - unset next_entry`;
  if (menu.restricted && entry?.unrestricted === false)
    return `the menu has superusers, and the entry ${JSON.stringify(entry.title)} is not --unrestricted: the trial would wait for a password`;
  const probe = `menuentry 'x' --id ${trialEntryId}-probe {\nlinux /x\n}\n${snapshot.files.text(customMenuFile(folder)) ?? ""}`;
  if (!menuWith(probe, folder, snapshot).entries.some((one) => one.id === `${trialEntryId}-probe`))
    return `grub.cfg does not read ${customMenuFile(folder)}: /etc/grub.d/41_custom is missing, or not executable`;
  return cannotWrite(folder, snapshot);
}

/** GRUB writes to a plain partition alone: no abstraction below it, no file system that moves its blocks. */
function cannotWrite(folder: string, snapshot: HostSnapshot): string | undefined {
  const mount = mountOf(environmentFile(folder), snapshot.files.text("/proc/mounts") ?? "");
  if (mount === undefined)
    return `the file system of ${folder} is not in /proc/mounts, so whether GRUB can write to it is not known`;
  const where = `${folder} is on ${mount.device} (${mount.type})`;
  const loop = "GRUB could not write there that the trial has had its one boot";
  if (/^\/dev\/(mapper\/|dm-)/.test(mount.device)) return `${where}, LVM or another device mapper: ${loop}`;
  if (/^\/dev\/md/.test(mount.device)) return `${where}, a RAID: ${loop}`;
  if (!["ext2", "ext3", "ext4", "xfs", "vfat"].includes(mount.type)) return `${where}: ${loop}`;
  return undefined;
}

/** The entry's own words without the managed keys, then ours; what is behind `--` stays there. */
function trialWords(entry: GrubEntry, line: Parameters<TrialLoader["entry"]>[0]): readonly string[] {
  const managed = new Set(line.keys.map(canonicalKey));
  const init = entry.words.indexOf("--");
  const [kernels, rest] = init < 0 ? [entry.words, []] : [entry.words.slice(0, init), entry.words.slice(init)];
  const kept = kernels.filter((word) => !managed.has(canonicalKey(parseKernelLine(word)[0]?.key ?? "")));
  return [...kept, ...line.arguments.map(wordOf), ...rest];
}

/** GRUB puts the quotes itself around a word with blanks. */
const wordOf = ({ key, value }: BootArgument): string => (value === null ? key : `${key}=${value}`);

const trialScript = (folder: string, prefix: string): string => `
grub=$root${folder} cfg=$root${menuFile(folder)} custom=$root${customMenuFile(folder)} env=$root${environmentFile(folder)}
# custom.cfg without our block, which stands at its beginning; \`new\`: the file was made for it.
others() {
  new=
  [ ! -e "$custom" ] || ! grep -q '^### BEGIN kvm-tuning trial (new file)$' "$custom" || new=1
  if [ -e "$custom" ]; then cp -p "$custom" "$grub/.custom.kvm-tuning"; else new=1; : > "$grub/.custom.kvm-tuning"; fi || fail "cannot write $grub"
  # Unlike awk, sed leaves a last line without its end as it is.
  [ ! -e "$custom" ] || sed '/^### BEGIN kvm-tuning trial/,/^### END kvm-tuning trial$/d' "$custom" > "$grub/.custom.kvm-tuning" ||
    fail "cannot read $custom"
}
# $1: id of the entry to copy, $2: its first line, $3: its kernel and arguments.
put_entry() {
  ENTRY=$1 HEAD=$2 LINUX=$3; export ENTRY HEAD LINUX
  others
  cp -p "$grub/.custom.kvm-tuning" "$grub/.trial.kvm-tuning" &&
    { echo "### BEGIN kvm-tuning trial\${new:+ (new file)}"
      awk 'function indent(s) { match(s, /^[ \\t]*/); return RLENGTH }
        state == 0 && /^[ \\t]*menuentry[ \\t]/ && index($0, "\\047" ENVIRON["ENTRY"] "\\047") {
          state = 1; depth = indent($0); print ENVIRON["HEAD"]; next
        }
        state == 1 && /^[ \\t]*}[ \\t]*$/ && indent($0) <= depth { state = 2; print "}"; exit }
        state == 1 && /^[ \\t]*linux(16|efi)?[ \\t]/ { print "\\t" $1 " " ENVIRON["LINUX"]; next }
        state == 1 { print }
        END { exit state != 2 }' "$cfg" || fail "$cfg has no entry $ENTRY"
      echo '### END kvm-tuning trial'
      cat "$grub/.custom.kvm-tuning"
    } > "$grub/.trial.kvm-tuning" || fail "cannot write $custom"
  ${prefix}-script-check "$grub/.trial.kvm-tuning" || fail 'the entry of the trial is not what GRUB can read'
  sync "$grub/.trial.kvm-tuning" && mv -f "$grub/.trial.kvm-tuning" "$custom" && sync "$grub" || fail "cannot write $custom"
  rm -f "$grub/.custom.kvm-tuning"
}
drop_entry() {
  rm -f "$grub/.trial.kvm-tuning"
  [ -e "$custom" ] && grep -q '^### BEGIN kvm-tuning trial' "$custom" || return 0
  others
  if [ -n "$new" ] && [ ! -s "$grub/.custom.kvm-tuning" ]; then rm -f "$custom" "$grub/.custom.kvm-tuning"
  else sync "$grub/.custom.kvm-tuning" && mv -f "$grub/.custom.kvm-tuning" "$custom"; fi && sync "$grub" || fail "cannot write $custom"
}
chosen() { [ -e "$env" ] && ${prefix}-editenv "$env" list | grep -q '^next_entry=${trialEntryId}$'; }
select_entry() {
  # Debian makes it when it is first needed.
  [ -e "$env" ] || { word 'new grubenv' && ${prefix}-editenv "$env" create; } || fail "cannot make $env"
  ${prefix}-editenv "$env" set next_entry=${trialEntryId} && sync "$env" && chosen || fail "cannot choose the trial in $env"
}
unselect_entry() {
  ! chosen || { ${prefix}-editenv "$env" unset next_entry && sync "$env"; } || fail "cannot take the trial out of $env"
  if grep -qsx 'new grubenv' "$record" && [ -e "$env" ] && [ -z "$(${prefix}-editenv "$env" list)" ]; then rm -f "$env"; fi
}
`;
