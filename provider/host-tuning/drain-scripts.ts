/*
 * What runs on the host to stop domains before a reboot and to start them after it. The list of the domains
 * (`restartFile`, lines `uuid name`) is written before the first is stopped, whole by one rename, and a line goes only
 * when its domain runs: whoever dies in between leaves the list to the next run. Domains are asked for their state
 * before each attempt to start them: libvirt's autostart, or somebody's hand, may have been first.
 * virsh gets no input: it must not read the list.
 */
import { restartFile } from "../host/journal";

/** Under `journal/.wrote` while it is written: the next step removes what a killed one leaves there. */
const listing = `
list=$root${restartFile}
virsh() { command virsh -c qemu:///system "$@" < /dev/null 8>&-; }

# The lines of file $1 become the list; none: there is no list.
keep_list() {
  if [ ! -s "$1" ]; then rm -f "$list" && sync "$state"; return; fi
  mkdir -p "$journal" && cat "$1" > "$journal/.wrote" && sync "$journal/.wrote" && mv -f "$journal/.wrote" "$list" &&
    sync "$state" || die "cannot write ${restartFile}"
}

# $why: why domain $1 does not run.
start_domain() {
  tries=3
  while :; do
    why=$(virsh domstate "$1" 2>&1)
    case $why in
      running* | paused* | idle*) return 0 ;;
      *'failed to get domain'*) return 2 ;;
    esac
    why=$(virsh start "$1" 2>&1) && return 0
    tries=$((tries - 1))
    [ $tries -gt 0 ] || return 1
    sleep 2
  done
}

# Starts the listed domains but those in $keep. The list keeps $keep and what could not be started.
start_listed() {
  [ -f "$list" ] || return 0
  # The daemon may take a while after a boot.
  tries=30
  until virsh uri > /dev/null 2>&1 || [ $tries = 0 ]; do tries=$((tries - 1)); sleep 2; done
  cat "$list" > "$work/list" && : > "$work/left" || die "cannot read ${restartFile}"
  failed=
  while IFS=' ' read -r uuid name; do
    case " $keep " in *" $uuid "*) printf '%s\\n' "$uuid $name" >> "$work/left"; continue ;; esac
    start_domain "$uuid"
    case $? in
      0) ;;
      2) echo "domain $name is gone: it cannot be started again" ;;
      *)
        echo "cannot start domain $name: $why" >&2
        printf '%s\\n' "$uuid $name" >> "$work/left"
        failed=1
        ;;
    esac
  done < "$work/list"
  keep_list "$work/left"
  [ -z "$failed" ]
}
`;

/**
 * Arguments: UUIDs of domains on the list; none: all. They are started in the order of the list. Prints a line for each
 * domain that is gone.
 */
export const startScript = `${listing}
keep=
if [ $# -gt 0 ] && [ -f "$list" ]; then
  while IFS=' ' read -r uuid name; do
    case " $* " in *" $uuid "*) ;; *) keep="$keep $uuid" ;; esac
  done < "$list"
fi
code=77
start_listed || die 'The domains that did not start are in ${restartFile} on the host: the next run tries again.'
`;

/** Arguments: "uuid name" for each domain that will be stopped, in the order in which they shall start again. */
export const listScript = `${listing}
{ printf '%s\\n' "$@"; [ ! -f "$list" ] || cat "$list"; } | awk '!seen[$1]++' > "$work/all" || die "cannot write $work"
keep_list "$work/all"
`;

/**
 * Arguments: method, seconds, seconds of the whole drain, then "uuid name" for each domain. A domain that does not stop in
 * time is not forced. One that was told to shut down may still do so after we have gone: it stays on the list. What was
 * stopped before is started again, those of earlier calls too.
 */
export const stopScript = `${listing}
method=$1 limit=$2 whole=$3; shift 3
code=77
waited=0
stopped() { case $(virsh domstate "$1" 2>&1) in 'shut off'* | crashed* | *'failed to get domain'*) return 0 ;; esac; return 1; }
give_up() {
  start_listed && again='What had stopped runs again' || again='Not everything that had stopped runs again'
  die "$1. $again; nothing was rebooted. $2"
}
tick() {
  [ $waited -lt "$limit" ] || return 1
  sleep 1
  waited=$((waited + 1))
}
# To disk, one after the other: they share it.
save_domain() {
  virsh managedsave "$1" > /dev/null 2> "$work/why" &
  job=$!
  while kill -0 $job 2> /dev/null; do
    tick && continue
    virsh domjobabort "$1" > /dev/null 2>&1 || kill $job 2> /dev/null || :
    break
  done
  wait $job && return
  # The job may have been faster than we.
  stopped "$1" && return
  keep=
  give_up "domain $2 was not saved$([ $waited -lt "$limit" ] || echo " within $whole s"): $(cat "$work/why")" \\
    'Mend that, give it more time with drain.timeoutSeconds, or shut it down by hand'
}
if [ "$method" = managedSave ]; then
  for line; do
    stopped "\${line%% *}" || save_domain "\${line%% *}" "\${line#* }"
  done
  exit 0
fi
for line; do virsh shutdown "\${line%% *}" > /dev/null 2>&1 || :; done
while :; do
  left= keep=
  for line; do
    stopped "\${line%% *}" || { left="$left \${line#* }" keep="$keep \${line%% *}"; }
  done
  [ -n "$left" ] || exit 0
  tick || break
done
give_up "these domains did not shut down within $whole s:$left" \\
  'Shut them down by hand, or give them more time with drain.timeoutSeconds'
`;
