/*
 * The oneshot unit and its script. Ordered by name before libvirt's services only: a service with default
 * dependencies starts after all sockets, so an order before libvirt's sockets would be a cycle. A daemon that a socket
 * activates meanwhile waits, because its start job is ordered after ours.
 * The script is POSIX sh. A pool of huge pages that stays short makes it, and so the unit, fail: the snapshot sees it.
 * Given the name of a CPU (`cpu3`) it writes the values of that one alone: cpu-hotplug.ts. What is offline is passed over.
 */
export const unitName = "kvm-tuning.service";
export const scriptFile = "/etc/kvm-tuning/apply-boot-values";

export const bootUnit = `# Written by pulumi-kvm-tuning. Change the Pulumi program, not this file: the next \`pulumi up\` writes it again.
[Unit]
Description=Host tuning declared with Pulumi: values that the kernel does not keep over a reboot
After=systemd-modules-load.service systemd-sysctl.service
Before=libvirtd.service virtqemud.service libvirt-guests.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh /etc/kvm-tuning/apply-boot-values
TimeoutStartSec=300

[Install]
WantedBy=multi-user.target
`;

export const bootScript = `#!/bin/sh
# Written by pulumi-kvm-tuning. Change the Pulumi program, not this file: the next \`pulumi up\` writes it again.
# Writes each "path value" line of boot-values; pools of huge pages are filled in up to five attempts.
# With the name of a CPU (cpu3): the lines of that CPU. A CPU that is offline gets its lines when it comes online.
only=$1
failed=0
# A driver (cpufreq) may appear some seconds into the boot: one common wait for all paths.
waits=30
while read -r path value; do
  case $path in
    "" | "#"*) continue ;;
    */cpu/cpu[0-9]*/*)
      cpu=\${path##*/cpu/}; cpu=\${cpu%%/*}
      [ "\${only:-$cpu}" = "$cpu" ] || continue
      # The boot CPU has no such file.
      online=1
      { read -r online < "\${path%%/"$cpu"/*}/$cpu/online"; } 2>/dev/null
      [ "$online" != 0 ] || continue
      ;;
    *) [ -z "$only" ] || continue ;;
  esac
  while [ ! -e "$path" ] && [ "$waits" -gt 0 ]; do sleep 1; waits=$((waits - 1)); done
  attempt=1
  while :; do
    printf '%s\\n' "$value" > "$path" || break
    # A choice of /sys reads back as "always [madvise] never".
    case " $(cat "$path") " in " $value " | *" [$value] "*) continue 2 ;; esac
    case $path in */nr_hugepages) ;; *) break ;; esac
    [ "$attempt" -lt 5 ] || break
    attempt=$((attempt + 1))
    echo 1 > /proc/sys/vm/compact_memory
    sleep 1
  done
  echo "$path: wanted $value, has $(cat "$path" 2>&1)" >&2
  # An interrupt of that number may be another by now, which is no failure.
  case $path in /proc/irq/[0-9]*) ;; *) failed=1 ;; esac
done < /etc/kvm-tuning/boot-values
exit $failed
`;
