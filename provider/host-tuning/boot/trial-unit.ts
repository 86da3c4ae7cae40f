/*
 * What brings back a trial that boots but cannot be reached: a unit whose start is never over until a run commits the
 * trial and stops it. systemd gives the job so much time and then reboots, whatever else hangs. It is ordered after
 * nothing and before nothing, so it runs as soon as systemd does and keeps nobody waiting. Other boots pass it over, by
 * the token on the kernel's command line.
 * While it waits it notes what is up, for the diagnosis. A trial that was staged for somebody else's reboot has nobody
 * who commits it at once: there the wait is over when the host is up with an SSH server.
 * Source: systemd.unit(5), ConditionKernelCommandLine=, JobTimeoutSec=, JobTimeoutAction=.
 */
export const trialUnitName = "kvm-tuning-trial.service";
export const trialUnitFile = `/etc/systemd/system/${trialUnitName}`;
export const trialUnitLink = `/etc/systemd/system/sysinit.target.wants/${trialUnitName}`;
/** On the root file system itself: /usr and /var may come later. */
export const trialWatchFile = "/etc/kvm-tuning-trial";

/** For a here-document of the shell, in which $token, $seconds and $waits_for are set. */
export const trialUnit = `# Written by pulumi-kvm-tuning for one boot; it goes when the trial is over.
[Unit]
Description=Trial of kernel arguments: back to the old ones unless it is committed
DefaultDependencies=no
Conflicts=shutdown.target
Before=shutdown.target
ConditionKernelCommandLine=kvm_tuning.trial=$token
JobTimeoutSec=$seconds
JobTimeoutAction=reboot-force

[Service]
Type=oneshot
ExecStart=/bin/sh ${trialWatchFile} $token $waits_for

[Install]
WantedBy=sysinit.target
`;

/** $1: token, $2: what ends the wait: `commit` (nothing but being stopped) or `up`. */
export const trialWatch = `#!/bin/sh
# Written by pulumi-kvm-tuning for one boot; it goes when the trial is over.
seen=/var/lib/kvm-tuning/trial-seen
is_up() {
  systemctl is-active --quiet multi-user.target || return
  for unit in ssh.service sshd.service ssh.socket sshd.socket
  do systemctl is-active --quiet $unit && return; done
  return 1
}
while :; do
  if is_up; then state=up; else state=starting; fi
  failed=$(systemctl list-units --failed --plain --no-legend --no-pager 2>/dev/null | cut -d ' ' -f 1 | tr '\\n' ' ')
  read -r uptime rest < /proc/uptime
  # The folder is not there before its file system is.
  [ ! -d /var/lib/kvm-tuning ] || { echo "$1 \${uptime%%.*} $state $failed" > $seen.new && sync $seen.new && mv -f $seen.new $seen; } 2>/dev/null
  [ "$2 $state" != 'up up' ] || exit 0
  sleep 5
done
`;
