/*
 * A host's domains and its reboot: which of them run, how they are stopped before it, and started again after it. What
 * is stopped is noted on the host first, so that a run that dies in between leaves a list for the next one.
 */
import type { LockedHost, LockedScript } from "../host/hosts";
import type { HostSnapshot } from "../host/snapshot";
import { restartFile } from "../host/journal";
import type { Change } from "../impact";
import type { HostTuningArgs } from "./schema";

export interface RunningDomain {
  readonly uuid: string;
  readonly name: string;
}

/** Domains that a reboot would stop. Undefined: libvirt was not asked. */
export function runningDomains(snapshot: HostSnapshot): readonly RunningDomain[] {
  const active = (snapshot.libvirt?.domains ?? []).filter((domain) => domain.state !== "shut off");
  return active.map(({ uuid, name }) => ({ uuid, name })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Each domain that the reboot stops is a line of the preview. */
export function domainChanges(snapshot: HostSnapshot): readonly Change[] {
  return runningDomains(snapshot).map(({ name }) => ({
    setting: `domain ${name}`,
    actual: "running",
    desired: "shut down, rebooted under it, started again",
    impact: "host-reboot",
  }));
}

/** Domains that an earlier run stopped for its reboot and could not start again. */
export function leftStopped(snapshot: HostSnapshot): readonly RunningDomain[] {
  return snapshot.leftStopped.map((line) => {
    const space = line.indexOf(" ");
    return { uuid: line.slice(0, space), name: line.slice(space + 1) };
  });
}

export function leftStoppedChanges(snapshot: HostSnapshot): readonly Change[] {
  return leftStopped(snapshot).map(({ name }) => ({
    setting: `domain ${name}`,
    actual: "stopped for a reboot",
    desired: "running",
    impact: "live",
  }));
}

export function drainProblem(args: HostTuningArgs, snapshot: HostSnapshot): string | undefined {
  const names = runningDomains(snapshot).map((domain) => domain.name);
  if (names.length === 0 || args.drain.method === "shutdown") return undefined;
  return `the reboot would stop ${names.join(", ")}: shut them down first, or set drain: { method: "shutdown" }`;
}

/** Stops what runs, all at once, and waits. What does not end in time is not forced: everything is started again. */
export async function drain(host: LockedHost, domains: readonly RunningDomain[], limitSeconds: number): Promise<void> {
  if (domains.length === 0) return;
  const args = [String(limitSeconds), ...listed(domains)];
  await host.script({ ...drainScript("stop the domains", stopScript), args, timeoutSeconds: limitSeconds + 300 });
}

/** Starts what was stopped; a domain that runs already (autostart) is left. */
export async function startAgain(host: LockedHost): Promise<void> {
  await host.script({ ...drainScript("start the domains again", startScript), timeoutSeconds: 900 });
}

const drainScript = (name: string, script: string): LockedScript => ({ name, setting: "drain", script, args: [] });

const listed = (domains: readonly RunningDomain[]): readonly string[] =>
  domains.map(({ uuid, name }) => `${uuid} ${name.replaceAll(/[\r\n]/g, " ")}`);

/** Prints a line for each domain that could not be started; the list keeps those. */
const startBody = `
restart() {
  [ -f "$root${restartFile}" ] || return 0
  failed=
  while IFS=' ' read -r uuid name; do
    # Asked first: a domain that runs, by autostart or by hand, is not started twice.
    case $(virsh -c qemu:///system domstate "$uuid" 2>&1) in
      running* | paused* | idle*) continue ;;
    esac
    tries=5
    until why=$(virsh -c qemu:///system start "$uuid" 2>&1); do
      tries=$((tries - 1))
      [ $tries -gt 0 ] || { echo "cannot start $name: $why" >&2; failed="$failed$uuid $name
"; break; }
      sleep 2
    done
  done < "$root${restartFile}"
  if [ -n "$failed" ]; then printf '%s' "$failed" > "$root${restartFile}"; return 1; fi
  rm -f "$root${restartFile}"
}
`;

/** Arguments: nothing. */
const startScript = `${startBody}
restart || exit 77
`;

/** Arguments: seconds, then "uuid name" for each domain. */
const stopScript = `${startBody}
limit=$1; shift
printf '%s\\n' "$@" | cat > "$root${restartFile}" && sync "$root${restartFile}" || die "cannot write ${restartFile}"
code=77
for line in "$@"; do virsh -c qemu:///system shutdown "\${line%% *}" >/dev/null 2>&1 || :; done
waited=0
while :; do
  left=
  for line in "$@"; do
    case $(virsh -c qemu:///system domstate "\${line%% *}" 2>&1) in
      'shut off'* | crashed* | *'failed to get domain'* | *'no domain'* | *'Domain not found'*) ;;
      *) left="$left \${line#* }" ;;
    esac
  done
  [ -n "$left" ] || exit 0
  if [ $waited -ge "$limit" ]; then
    restart
    die "these domains did not shut down within $limit s:$left. What had stopped is started again; nothing was rebooted"
  fi
  sleep 2; waited=$((waited + 2))
done
`;
