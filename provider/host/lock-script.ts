/*
 * Two lock files in /run/kvm-tuning. `lock` is held by one run (of any stack) for the whole of its apply. `busy` is
 * held, shared, by each step while it runs: a step that goes on after its connection was lost ends before the next
 * holder begins, because that one takes `busy` once before it starts. `holder` names the holder; its first line is a
 * random token that every step is given: a step that starts after its run has lost the lock does nothing.
 */

/** The lock could not be had, or was lost. */
export const lockExitCode = 73;

/** Sets $root, $state, $locks and $work. /run is emptied by a reboot, as the locks are. */
export const lockFolder = `
LC_ALL=C; export LC_ALL
umask 077
root=$KVM_TUNING_ROOT
state=$root/var/lib/kvm-tuning
command -v flock >/dev/null 2>&1 || { echo 'command not found on the host: flock (package util-linux)' >&2; exit 76; }
locks=$root/run/kvm-tuning
[ -d "$root/run" ] || locks=$state
work=$locks/step
# A fork costs tens of milliseconds on a busy host: what is there is not made.
open_folder() { [ -d "$1" ] || { umask 022; mkdir -p "$1"; set -- $?; umask 077; return "$1"; }; }
closed_folder() { [ -d "$1" ] || mkdir -p "$1"; }
open_folder "\${locks%/*}" && closed_folder "$locks" || exit 76
# Writes lines to file $2 in the printf format $1. The builtin does not say why it fails, cat does.
put() {
  format=$1 file=$2; shift 2
  printf "$format" "$@" 2>/dev/null > "$file" || printf "$format" "$@" | cat > "$file"
}
`;

/**
 *   sh -c SCRIPT kvm-tuning <seconds to wait> <token> <who>
 *
 * Prints `locked <token>` and holds the lock until its input is closed, which a lost connection does too. Not `flock -w`:
 * busybox does not have it. Children that may outlive the shell do not get the lock's descriptor.
 */
export const lockScript = `${lockFolder}
limit=$1 token=$2 who=$3
exec 9>>"$locks/lock"
waited=0
pause() {
  if [ $waited -ge "$limit" ]; then return 1; fi
  sleep 1 9>&-; waited=$((waited + 1))
}
until flock -n 9; do
  pause && continue
  echo "the lock on this host's tuning was not free within $limit s. It is held by:" >&2
  sed 1d "$locks/holder" >&2
  echo 'Wait for that run. If it is gone for good (its connection hangs), end that process on the host.' >&2
  exit ${lockExitCode}
done
exec 8>>"$locks/busy"
until flock -n 8; do
  pause && continue
  echo "a command of an earlier run, whose connection was lost, did not end within $limit s." >&2
  echo "Wait for it; 'fuser -v $locks/busy' on the host shows it." >&2
  exit ${lockExitCode}
done
put '%s\\n' "$locks/holder" "$token" "$who, process $$ on the host, since $(date -u +%Y-%m-%dT%H:%M:%SZ)" || exit
exec 8>&-
printf '\\nlocked %s\\n' "$token"
while IFS= read -r line; do :; done
exec 8>>"$locks/busy"
# The steps' folder stays while one of them goes on.
flock -n 8 || work=
rm -rf "$locks/holder" \${work:+"$work"}
`;
