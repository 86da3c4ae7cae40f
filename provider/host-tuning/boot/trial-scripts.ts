/*
 * What is done on the host to make a trial, and to end it. Constant POSIX sh around the boot loader's own part, which
 * defines put_entry, select_entry, unselect_entry and drop_entry. Each may be cut off anywhere: the next boot becomes the
 * trial by one write, when all that brings it back is there, and the record goes last.
 */
import { failedFile, recordFile, seenFile } from "./trial";
import { trialUnit, trialUnitFile, trialUnitLink, trialUnitName, trialWatch, trialWatchFile } from "./trial-unit";

const start = `
LC_ALL=C; export LC_ALL
umask 022
root=$KVM_TUNING_ROOT
record=$root${recordFile} seen=$root${seenFile} failed=$root${failedFile}
unit=$root${trialUnitFile} link=$root${trialUnitLink} watch=$root${trialWatchFile}
fail() { echo "$*" >&2; exit 1; }
# Standard input becomes file $1, with mode $2, whole by one rename.
save() {
  tmp=\${1%/*}/.\${1##*/}.kvm-tuning
  cat > "$tmp" && chmod "$2" "$tmp" && sync "$tmp" && mv -f "$tmp" "$1" && sync "\${1%/*}" || { rm -f "$tmp"; fail "cannot write $1"; }
}
word() { printf '%s\\n' "$1" >> "$record" && sync "$record" || fail "cannot write $record"; }
stop_watch() { systemctl stop ${trialUnitName} > /dev/null 2>&1 || :; }
`;

const clear = `
# \`keep\`: a failure is noted.
clear_trial() {
  unselect_entry
  drop_entry
  if [ -e "$record" ]; then
    while IFS=' ' read -r name value; do
      case $name in
        # Only what the trial's own argument has set: another value is somebody's wish.
        panic) [ "$(cat "$root/proc/sys/kernel/panic")" != "$trial_panic" ] || printf '%s\\n' "$value" > "$root/proc/sys/kernel/panic" ;;
        made) folder=$value ;;
      esac
    done < "$record"
  fi
  rm -f "$link" "$unit" "$watch"
  [ -z "$folder" ] || rmdir "$root$folder" 2> /dev/null || :
  sync "$root/etc/systemd/system"
  systemctl daemon-reload || fail 'systemctl daemon-reload failed'
  rm -f "$seen" "$seen.new" "$record" && sync "\${record%/*}" || fail "cannot remove $record"
}
`;

/** Arguments: token, record, seconds, what ends the wait, panic seconds; then those of the boot loader's part. */
export const stageScript = (loader: string): string => `${start}${loader}${clear}
token=$1 text=$2 seconds=$3 waits_for=$4 trial_panic=$5 folder=
shift 5
[ ! -e "$record" ] || { stop_watch; clear_trial; }
rm -f "$failed"
folder=
before=$(cat "$root/proc/sys/kernel/panic") || fail 'cannot read kernel.panic'
printf '%s\\npanic %s\\n' "$text" "$before" | save "$record" 0600
wants=\${link%/*}
[ -d "$wants" ] || { word "made \${wants#"$root"}" && mkdir "$wants" || fail "cannot make $wants"; }
save "$watch" 0755 <<'WATCH'
${trialWatch}WATCH
save "$unit" 0644 <<UNIT
${trialUnit}UNIT
ln -sf ${trialUnitFile} "$link" && sync "$wants" || fail "cannot write $link"
put_entry "$@"
select_entry
word selected
`;

/** Arguments: panic seconds. */
export const clearScript = (loader: string): string => `${start}${loader}${clear}
trial_panic=$1 folder=
stop_watch
clear_trial
rm -f "$failed"
`;

/** Arguments: panic seconds, the text of \`trial-failed\`. */
export const failScript = (loader: string): string => `${start}${loader}${clear}
trial_panic=$1 folder=
stop_watch
printf '%s\\n' "$2" | save "$failed" 0600
clear_trial
`;

/** The trial may go on being what runs; nothing reboots it any more. */
export const keepScript = `${start}
stop_watch
`;
