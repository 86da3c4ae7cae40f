/*
 * Measures for a while with what the host has: perf over a domain's process, cyclictest on chosen CPUs. Nothing is installed,
 * nothing is left behind. Arguments: seconds; CPUs as a list, or ""; process id of a domain, or ""; "profile", or "".
 * cyclictest needs CPUs that may be used: on those of a running vCPU it takes time from the guest.
 */
export const measureScript = `
LC_ALL=C; export LC_ALL
seconds=$1 cpus=$2 pid=$3 profile=$4
has() { command -v "$1" > /dev/null 2>&1; }
numastat() { grep -sH '^numa_miss\\|^numa_foreign\\|^numa_hit\\|^other_node' "$KVM_TUNING_ROOT"/sys/devices/system/node/node[0-9]*/numastat; }
echo @numastat before; numastat
if [ -n "$pid" ]; then
  if has perf; then
    echo @perf
    perf stat -x, -e context-switches,cpu-migrations,page-faults,cycles,instructions,cache-references,cache-misses \\
      -p "$pid" -- sleep "$seconds" 2>&1
    if [ -n "$profile" ]; then
      file=$(mktemp) || exit
      echo @profile
      perf record -q -g -o "$file" -p "$pid" -- sleep "$seconds" > /dev/null 2>&1 && perf report --stdio --no-children -i "$file" 2> /dev/null |
        grep -v '^#' | grep '%' | head -15
      rm -f "$file"
    fi
  else echo @missing perf; fi
fi
if [ -n "$cpus" ]; then
  if has cyclictest; then
    echo @cyclictest
    cyclictest -q -m -p 95 -i 1000 -D "$seconds" -t "$(printf '%s\\n' "$cpus" | awk -F, '{ for (i = 1; i <= NF; i++) { split($i, r, "-"); n += (r[2] == "" ? 1 : r[2] - r[1] + 1) } print n }')" -a "$cpus" 2>&1
  else echo @missing cyclictest; fi
fi
[ -n "$pid$cpus" ] || sleep "$seconds"
echo @numastat after; numastat
echo @end
`;
