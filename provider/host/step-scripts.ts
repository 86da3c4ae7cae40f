import { lockExitCode, lockFolder } from "./lock-script";

/*
 * One constant POSIX sh script for each kind of step, run as `sh -c SCRIPT kvm-tuning <token> <argument>...`.
 * Beyond POSIX, but in GNU and busybox alike: flock, sha256sum, readlink, `stat -c`, `xargs -0`, `sync FILE`
 * (which where it is not known syncs everything). A fork costs tens of milliseconds on a busy host, so the shell does
 * what it can by itself; but never its `read` on /proc/sys or /sys, where a file answers the first byte only.
 *
 * Exit codes: 73 no lock, 75 the target was changed by others, 76 failed with nothing changed, 77 failed afterwards.
 *
 * A script may be killed at any point. What it then leaves has a fixed name and is removed by the next step:
 * `journal/.new`, `.old`, `.wrote` and `.made`, and beside the target `.<name>.kvm-tuning`. The folder $work serves all
 * steps of a run, each of which writes what it reads there; the holder of the lock removes it.
 */
export const failedUnchanged = 76;
export const failedAfterChange = 77;

/** Lock, token, temporary folder. HUP and PIPE are ignored: a step that has begun ends, also without its connection. */
export const start = `${lockFolder}
trap '' HUP PIPE
trap 'exit 143' TERM; trap 'exit 130' INT
token=$1; shift
journal=$state/journal tmp= code=${failedUnchanged}
die() { printf '%s\\n' "$*" >&2; exit $code; }
for tool in awk cat chmod chown cp grep ln mkdir mv readlink rm rmdir sed sha256sum stat sync tail xargs; do
  command -v $tool >/dev/null 2>&1 || die "command not found on the host: $tool"
done
exec 8>>"$locks/busy"
flock -s 8 || die "cannot lock $locks/busy"
held=
[ -f "$locks/holder" ] && IFS= read -r held < "$locks/holder"
[ "$held" = "$token" ] || { echo 'this run has lost its lock on the host' >&2; exit ${lockExitCode}; }
clean() {
  set --
  for left in "$journal/.new" "$journal/.old" "$journal/.wrote" "$journal/.made" "$tmp"
  do if [ -e "$left" ] || [ -L "$left" ]; then set -- "$@" "$left"; fi; done
  [ $# = 0 ] || rm -rf "$@"
}
clean && closed_folder "$work" || die "cannot make $work"
trap clean EXIT

# The small helpers below set variables, because a command substitution is a fork.
hash() { set -- $(sha256sum < "$1"); digest=$1; }

# What a lost connection has cut short must not be written. $1: sha256 of the whole.
receive() {
  cat > "$work/in" || die "cannot keep the input in $work"
  hash "$work/in"
  [ "$digest" = "$1" ] || die 'the input was cut off on its way to the host'
}
`;

/** Making, extending and dropping journal entries (journal.ts). `$entry` is the entry's name. */
export const journalling = `
nl='
'

new_entry() {
  open_folder "\${state%/*}" && closed_folder "$journal" && mkdir "$journal/.new" &&
    put '%s\\n' "$journal/.new/meta" "$1" || die "cannot write the journal in $journal"
}

keep_entry() {
  sync "$journal/.new"/* "$journal/.new" && mv "$journal/.new" "$journal/$entry" && sync "$journal" "$state" ||
    die "cannot write the journal in $journal"
}

# Adds the lines of the files that are not there yet.
note() {
  wrote=$journal/$entry/wrote earlier=$journal/$entry/wrote
  [ -f "$wrote" ] || earlier=/dev/null
  lines=$(awk '!seen[$0]++ { print; if (FILENAME != ARGV[1]) more = 1 } END { exit more ? 0 : 9 }' "$earlier" "$@")
  case $? in
  0) ;;
  9) return 0 ;;
  *) die "cannot read $wrote" ;;
  esac
  put '%s\\n' "$journal/.wrote" "$lines" && sync "$journal/.wrote" && mv -f "$journal/.wrote" "$wrote" &&
    sync "$journal/$entry" || die "cannot write $wrote"
}

drop_entry() {
  mv "$journal/$entry" "$journal/.old" && sync "$journal" && rm -rf "$journal/.old" ||
    die "cannot remove $journal/$entry"
}
`;

/** Arguments: the command. Its output goes to a file first, so that a lost connection does not end it half-way. */
export const runScript = `${start}
"$@" > "$work/out" 2>&1 < /dev/null 8>&-
code=$?
[ $code = 0 ] || tail -c 4000 "$work/out" >&2
exit $code
`;

/** Arguments: entry. */
export const forgetScript = `${start}${journalling}
entry=$1
[ ! -d "$journal/$entry" ] || drop_entry
`;

/** Arguments: the record, or nothing to remove it, and with it a state folder that holds nothing more. */
export const setOwnerScript = `${start}
owner=$state/owner.json
if [ -n "$1" ]; then
  open_folder "\${state%/*}" && closed_folder "$state" && tmp=$state/.owner.json && put '%s\\n' "$tmp" "$1" &&
    sync "$tmp" && mv -f "$tmp" "$owner" && sync "$state" || die "cannot write $owner"
  exit 0
fi
[ -d "$state" ] || exit 0
rm -f "$owner" "$state/.owner.json" && sync "$state" || die "cannot remove $owner"
set -- "$journal"/[0-9]*
[ ! -e "$1" ] || exit 0
[ ! -e "$journal/made" ] || rm -f "$journal/made"
# With the locks in the state folder (no /run) it stays.
rmdir "$journal" "$state" 2>/dev/null || :
`;
