/* Commands that make a file of ours count, where one word to systemd is not enough. All are safe to run again. */

/** Files that irqbalance is started with. */
export const irqbalanceFiles = /^\/etc\/(systemd\/system\/irqbalance\.service\.d\/|kvm-tuning\/irqbalance\.env$)/;

/** Notes of what a run has to tell, see reloads.ts. In the folder of the lock, so it is there. */
export const owed = {
  slice: "/run/kvm-tuning/owed-machine-slice",
  irqbalance: "/run/kvm-tuning/owed-irqbalance",
  systemd: "/run/kvm-tuning/owed-systemd",
} as const;

/** Followed by the notes to be made. */
export const owe: readonly string[] = ["sh", "-c", 'for note; do : > "$note" || exit; done', "kvm-tuning"];

export const reloadSlice: readonly string[] = [
  "sh",
  "-c",
  'systemctl daemon-reload && rm -f "$1"',
  "kvm-tuning",
  owed.slice,
];

/** Only where it runs; that it has been removed since must not keep the undo of its files from ending. */
export const restartIrqbalance: readonly string[] = [
  "sh",
  "-c",
  `if systemctl cat irqbalance.service > /dev/null 2>&1; then systemctl try-restart irqbalance.service || exit; fi
rm -f "$1"`,
  "kvm-tuning",
  owed.irqbalance,
];

/**
 * Gives PID 1 the affinity that systemd's configuration asks for now, all CPUs if it asks for none. daemon-reload does
 * so only in newer releases and never widens it again; daemon-reexec leaves it as it is (update_cpu_affinity() in
 * systemd's src/core/main.c). Lists of several files are merged, an empty one resets; `numa` is left to systemd.
 */
export const applySystemdAffinity: readonly string[] = [
  "sh",
  "-c",
  `config=$(systemd-analyze cat-config systemd/system.conf) || exit
list=$(printf '%s\\n' "$config" | awk '
  /^[ \\t]*CPUAffinity[ \\t]*=/ {
    sub(/^[^=]*=[ \\t]*/, ""); sub(/[ \\t]+$/, ""); gsub(/[ \\t,]+/, ",")
    list = $0 == "" ? "" : list == "" ? $0 : list "," $0
  }
  END { print list }')
[ -n "$list" ] || list=$(cat /sys/devices/system/cpu/possible)
case $list in *[!0-9,-]*) ;; *) taskset -pc "$list" 1 || exit ;; esac
rm -f "$1"`,
  "kvm-tuning",
  owed.systemd,
];
