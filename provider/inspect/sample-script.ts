/*
 * Counters of a host, read twice with a pause between, in one exec: what threads ran where and waited for, which
 * interrupts came, what the nodes gave. The first argument is the pause in seconds, the others are process ids of domains,
 * whose memory is looked up once (numa_maps: the kernel walks the page tables, so not twice).
 *
 * Every line of a file stands behind its path; a line `@<round> <seconds since boot>` begins a round.
 */
import { memoryLines } from "../vm-cpu-placement/memory-location";

export const sampleScript = `
LC_ALL=C; export LC_ALL
cd "$KVM_TUNING_ROOT/" || exit
pause=$1; shift
round() {
  printf '@%s ' "$1"; cat proc/uptime 2> /dev/null || echo 0
  # State, then the numbers behind comm, which is free text.
  printf '%s\\0' proc/[0-9]*/task/[0-9]*/stat | xargs -0 grep -asHE '[)] [A-Za-z]( -?[0-9]+){38}' /dev/null
  for pid in $pids
  do printf '%s\\0' proc/$pid/task/*/schedstat proc/$pid/task/*/status proc/$pid/task/*/sched; done |
    xargs -0 grep -asHE '^([0-9]+ [0-9]+ [0-9]+$|(non)?voluntary_ctxt_switches:|se[.]nr_migrations)' /dev/null
  grep -asH '' proc/interrupts sys/devices/system/node/node[0-9]*/numastat
  printf '%s\\0' sys/devices/system/cpu/cpu[0-9]*/cpuidle/state[0-9]*/time | xargs -0 grep -asH '' /dev/null
}
pids=$*
round 1
if [ "$pause" -gt 0 ]; then sleep "$pause"; round 2; fi
for pid in $pids; do
  echo "@memory $pid"
${memoryLines("$pid")}
done
echo @end
`;
