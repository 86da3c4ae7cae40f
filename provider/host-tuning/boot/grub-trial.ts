/*
 * A trial with GRUB: a menu entry of our own in custom.cfg, which grub.cfg reads (41_custom), so that nothing is generated
 * for it; and `next_entry` in grubenv (grub-next-entry.ts). The entry is a copy of the one that boots by default but for
 * its kernel arguments. The default itself stays as it is.
 * Source: /etc/grub.d/41_custom of GRUB 2.06.
 */
import type { HostSnapshot } from "../../host/snapshot";
import type { GrubEntry } from "../../linux/grub-config";
import { canonicalKey, parseKernelLine } from "../../linux/kernel-args";
import { grubQuote } from "./grub-fragment";
import { customMenuFile, menuFile, menuWith, readMenu } from "./grub-menu";
import { cannotWrite, chooseScript } from "./grub-next-entry";
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
  script: trialScript({ folder, prefix }),
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

const trialScript = ({ folder, prefix }: Pick<GrubPlace, "folder" | "prefix">): string => `
grub=$root${folder} cfg=$root${menuFile(folder)} custom=$root${customMenuFile(folder)}
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
${chooseScript({ folder, prefix }, trialEntryId)}`;
