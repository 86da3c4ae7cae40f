/*
 * The oneshot unit and its script. Ordered by name before libvirt's services only: a service with default
 * dependencies starts after all sockets, so an order before libvirt's sockets would be a cycle. A daemon that a socket
 * activates meanwhile waits, because its start job is ordered after ours.
 * The script is POSIX sh. A pool of huge pages that stays short makes it, and so the unit, fail: the snapshot sees it.
 */
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
failed=0
# A driver (cpufreq) may appear some seconds into the boot: one common wait for all paths.
waits=30
while read -r path value; do
  case $path in "" | "#"*) continue ;; esac
  while [ ! -e "$path" ] && [ "$waits" -gt 0 ]; do sleep 1; waits=$((waits - 1)); done
  attempt=1
  while :; do
    printf '%s\\n' "$value" > "$path" || break
    [ "$(cat "$path")" = "$value" ] && continue 2
    case $path in */nr_hugepages) ;; *) break ;; esac
    [ "$attempt" -lt 5 ] || break
    attempt=$((attempt + 1))
    echo 1 > /proc/sys/vm/compact_memory
    sleep 1
  done
  echo "$path: wanted $value, has $(cat "$path" 2>&1)" >&2
  failed=1
done < /etc/kvm-tuning/boot-values
exit $failed
`;
