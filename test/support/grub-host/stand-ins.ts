/*
 * Stand-ins for the commands of a Debian host: fakes, each of which says so where it speaks. They note what they were
 * asked for, one line each, in $EVENTS. Files in $MODES make them fail: `update-grub-fails`, `update-grub-forgets`
 * (says that all is well and leaves the old arguments), `reboot-refused`, `reboot-hangs`.
 */

/** As grub-mkconfig and 10_linux of GRUB 2.06 do, but for the search of kernels: the entries stay, their arguments are made anew. */
export const updateGrub = `#!/bin/sh
set -e
echo 'stand-in for update-grub: generating grub configuration file ...' >&2
echo update-grub >> "$EVENTS"
cfg=$KVM_TUNING_ROOT/boot/grub/grub.cfg
if [ -e "$MODES/update-grub-fails" ]; then
  head -c 300 "$cfg" > "$cfg.new"
  echo 'stand-in for update-grub: no space left on device' >&2
  exit 1
fi
[ ! -e "$MODES/update-grub-forgets" ] || exit 0
. "$KVM_TUNING_ROOT/etc/default/grub"
for part in "$KVM_TUNING_ROOT"/etc/default/grub.d/*.cfg; do
  if [ -e "$part" ]; then . "$part"; fi
done
NORMAL="$GRUB_CMDLINE_LINUX $GRUB_CMDLINE_LINUX_DEFAULT" RECOVERY="single $GRUB_CMDLINE_LINUX"
export NORMAL RECOVERY
awk '
  /menuentry / { recovery = /\\(recovery mode\\)/ }
  /^[ \\t]*linux[ \\t]/ { print substr($0, 1, index($0, " ro ") + 3) (recovery ? ENVIRON["RECOVERY"] : ENVIRON["NORMAL"]); next }
  { print }
' "$cfg" > "$cfg.new"
grub-script-check "$cfg.new"
cat "$cfg.new" > "$cfg"
rm -f "$cfg.new"
echo done >&2
`;

/** `create`, `list`, `set name=value`, `unset name`, on a block of 1024 bytes, without escapes. */
export const grubEditenv = `#!/bin/sh
env=$1 verb=$2 word=$3
values() { sed -n '/^#/d; /=/p' "$env"; }
case $verb in
create) kept= ;;
list) values; exit ;;
set) echo "grub-editenv $verb $word" >> "$EVENTS"; kept=$(values | grep -v "^\${word%%=*}=" || :; echo "$word") ;;
unset) echo "grub-editenv $verb $word" >> "$EVENTS"; kept=$(values | grep -v "^$word=" || :) ;;
esac
block=$(echo '# GRUB Environment Block'; [ -z "$kept" ] || printf '%s\\n' "$kept"; echo x)
block=\${block%x}
while [ \${#block} -lt 1024 ]; do block=$block#; done
printf %s "$block" > "$env"
`;

/** Only that braces are closed. */
export const grubScriptCheck = `#!/bin/sh
awk '{ open += gsub(/[{]/, "{") - gsub(/[}]/, "}") } END { exit open != 0 }' "$1" && exit
echo 'stand-in for grub-script-check: a brace is not closed' >&2
exit 1
`;

export const udevadm = `#!/bin/sh
echo "udevadm $*" >> "$EVENTS"
`;

export const systemctl = `#!/bin/sh
unit() { printf 'Id=%s\\nLoadState=%s\\nActiveState=%s\\nUnitFileState=\\n\\n' "$@"; }
case $* in
show*)
  shift 3
  for name; do
    case $name in
    libvirtd.service) unit "$name" loaded active ;;
    kvm-tuning.service)
      if [ -e "$MODES/unit-active" ]; then unit "$name" loaded active; else unit "$name" not-found inactive; fi ;;
    *) unit "$name" not-found inactive ;;
    esac
  done
  exit 0
  ;;
esac
echo "systemctl $*" >> "$EVENTS"
case $* in
*reboot)
  if [ -e "$MODES/reboot-refused" ]; then
    echo 'stand-in for systemctl: Operation inhibited by "backup"' >&2
    exit 1
  fi
  [ -e "$MODES/reboot-hangs" ] || : > "$MODES/reboot-asked"
  ;;
'stop kvm-tuning.service') rm -f "$MODES/unit-active" ;;
esac
`;

/**
 * Domains are folders below /libvirt, by UUID: files \`name\`, \`state\` (as virsh domstate prints it), and \`transient\`,
 * \`autostart\`, \`stubborn\` (shutdown does nothing), \`broken\` (start fails). \`/libvirt/down\`: no daemon answers.
 */
export const virsh = `#!/bin/sh
home=$KVM_TUNING_ROOT/libvirt
fail() { echo "error: $*" >&2; return 1; }
[ "$1 $2" = '-c qemu:///system' ] || { fail "the stand-in for virsh wants -c qemu:///system"; exit 1; }
shift 2
if [ -e "$home/down" ]; then
  fail 'failed to connect to the hypervisor'
  fail "Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory"
  exit 1
fi
state() { cat "$1/state" 2>/dev/null; }
list() {
  for domain in "$home"/*-*-*-*-*; do
    [ -d "$domain" ] || continue
    case " $* " in *' --persistent '*) [ ! -e "$domain/transient" ] || continue ;; esac
    case " $* " in *' --autostart '*) [ -e "$domain/autostart" ] || continue ;; esac
    case " $* " in
    *' --with-managed-save '*) [ -e "$domain/saved" ] || continue ;;
    *' --state-running '*) [ "$(state "$domain")" = running ] || continue ;;
    *' --state-paused '*) [ "$(state "$domain")" = paused ] || continue ;;
    *' --state-shutoff '*) [ "$(state "$domain")" = 'shut off' ] || continue ;;
    *' --all '*) ;;
    *) [ "$(state "$domain")" != 'shut off' ] || continue ;;
    esac
    echo "\${domain##*/}"
  done
  echo
}
of_domain() {
  domain=$home/$2
  [ -n "$2" ] && [ -d "$domain" ] || { fail "failed to get domain '$2'"; return; }
  name=$(cat "$domain/name")
  case $1 in
  domstate) state "$domain"; echo ;;
  dumpxml) printf "<domain type='kvm'>\\n  <name>%s</name>\\n  <uuid>%s</uuid>\\n</domain>\\n\\n" "$name" "$2" ;;
  start)
    echo "start $name" >> "$EVENTS"
    [ ! -e "$domain/broken" ] || { fail "Failed to start domain '$name'"; return; }
    [ "$(state "$domain")" = 'shut off' ] || { fail 'Domain is already active'; return; }
    echo running > "$domain/state"
    rm -f "$domain/saved"
    ;;
  managedsave)
    echo "managedsave $name" >> "$EVENTS"
    [ ! -e "$domain/unsaveable" ] || { fail "Requested operation is not valid: cannot migrate domain: 0000:03:00.0: VFIO migration is not supported"; return; }
    [ ! -e "$domain/slow-save" ] || sleep 20 || :
    echo 'shut off' > "$domain/state"
    : > "$domain/saved"
    ;;
  shutdown)
    echo "shutdown $name" >> "$EVENTS"
    [ -e "$domain/stubborn" ] || [ "$(state "$domain")" != running ] || echo 'shut off' > "$domain/state"
    ;;
  esac
}
one() {
  command=$1; shift
  case $command in
  echo) echo "$*" ;;
  uri) echo qemu:///system ;;
  list) list "$@" ;;
  dumpxml) [ "$1" != --inactive ] || shift; of_domain dumpxml "$1" ;;
  domstate | start | shutdown | managedsave) of_domain "$command" "$1" ;;
  *) fail "unknown command: '$command'" ;;
  esac
}
if [ $# -gt 1 ]; then one "$@"; exit; fi
rest=$1
while [ -n "$rest" ]; do
  command=\${rest%%;*}
  case $rest in *';'*) rest=\${rest#*;} ;; *) rest= ;; esac
  eval "set -- $command"
  [ $# = 0 ] || one "$@"
done
`;
