import { bootLoaderFiles, foreignLoaders, loaderVariable } from "../linux/boot-loader-markers";
import { grubMenuLines, grubSecretLines } from "../linux/grub-lines";
import { libvirtFunctions } from "./snapshot-libvirt";
import type { SnapshotRequest } from "./snapshot";
import { snapshotSysctls } from "./snapshot-sysctls";

/** The units whose states are read, in this order. */
export const snapshotUnits = [
  "tuned.service",
  "tuned-ppd.service",
  "power-profiles-daemon.service",
  "irqbalance.service",
  "numad.service",
  "ksmtuned.service",
  "ksm.service",
  "libvirtd.service",
  "virtqemud.service",
  "libvirt-guests.service",
  "kvm-tuning.service",
] as const;

/** The units of a request that are not in the fixed list. */
export const askedUnits = ({ units = [] }: SnapshotRequest): readonly string[] =>
  units.filter((unit) => !snapshotUnits.some((one) => one === unit));

/** What is only asked for: is it there? Patterns of the shell. */
const existing = [
  ...[...foreignLoaders.map(([path]) => path), ...bootLoaderFiles].map((path) => path.slice(1)),
  // cgroup v2; v1; v1 whose kernel divides real-time run time among groups (CONFIG_RT_GROUP_SCHED).
  "sys/fs/cgroup/cgroup.controllers",
  "sys/fs/cgroup/cpu*/cpu.shares",
  "sys/fs/cgroup/cpu*/cpu.rt_runtime_us",
  "sys/fs/resctrl/schemata",
  "sys/fs/resctrl/info",
  "usr/bin/numad",
  "usr/sbin/numad",
  "bin/numad",
  "run/kvm-tuning/owed-*",
];

/**
 * Prints everything that any resource may ask of a host, in one exec and about a dozen processes: a fork costs tens of
 * milliseconds on a busy host, so one `grep` reads all files of a section.
 *
 *   sh -c SCRIPT kvm-tuning <nonce> [--domains | --domains-if-awake] [--units "<unit> ..."] [<sysctl path below /proc/sys>...]
 *
 * POSIX sh. Not in POSIX but in GNU and busybox alike: `xargs -0` (names with spaces, lists longer than ARG_MAX),
 * `grep -aH`, `stat -c`, `sha256sum`. Never the shell's `read` on /proc/sys: it reads byte by byte, and a sysctl file
 * answers only the first read.
 *
 * `KVM_TUNING_ROOT` puts a folder before every path: the tree of a test, or one recorded from another machine. Such a
 * tree may lack anything, also /etc/machine-id: the parsed `machineId` is then "". Unit states always come from the
 * `systemctl` on PATH, so they mean nothing for a recorded tree.
 *
 * Output: a line `@<nonce> <name>` starts a section, `@<nonce> done` ends the last. The nonce is random, and every line
 * of a file is printed behind its path, so neither a login banner nor a file's content can pass for such a line. Paths
 * are printed without the leading slash. Nothing here may read a file that can hold a secret.
 */
export const snapshotScript = `
LC_ALL=C; export LC_ALL
nonce=$1; shift
libvirt=
awake=
case $1 in --domains) libvirt=1; shift ;; --domains-if-awake) awake=1; shift ;; esac
units=
if [ "$1" = --units ]; then units=$2; shift 2; fi
cd "$KVM_TUNING_ROOT/" || exit
# libvirt's daemon is started by the first question, takes seconds then, and leaves when nobody asks.
[ -z "$awake" ] || [ ! -e run/libvirtd.pid ] && [ ! -e run/virtqemud.pid ] || libvirt=1
cpu=sys/devices/system/cpu
node=sys/devices/system/node
journal=var/lib/kvm-tuning/journal

section() { printf '@%s %s\\n' "$nonce" "$1"; }

# Names made by the kernel, ended by NUL: none holds a colon. A pattern without a match stays and names no file.
kernel_files() {
  printf '%s\\0' proc/version proc/cmdline sys/fs/cgroup/cgroup.controllers \\
    sys/fs/cgroup/machine.slice/cpuset.cpus.effective sys/fs/cgroup/machine.slice/cpuset.cpus.partition \\
    $cpu/online $cpu/possible $cpu/present $cpu/offline $cpu/isolated $cpu/nohz_full \\
    $cpu/smt/active $cpu/smt/control $cpu/cpu[0-9]*/online $cpu/cpu[0-9]*/cpu_capacity \\
    sys/devices/cpu_core/cpus sys/devices/cpu_atom/cpus sys/devices/cpu_lowpower/cpus \\
    $cpu/cpufreq/boost $cpu/intel_pstate/status $cpu/intel_pstate/no_turbo $cpu/amd_pstate/status \\
    $node/online $node/possible $node/has_cpu $node/has_memory \\
    $node/node[0-9]*/cpulist $node/node[0-9]*/cpumap $node/node[0-9]*/distance \\
    $node/node[0-9]*/hugepages/hugepages-*/*_hugepages \\
    sys/kernel/mm/hugepages/hugepages-*/*hugepages* \\
    sys/kernel/mm/transparent_hugepage/enabled sys/kernel/mm/transparent_hugepage/defrag \\
    sys/kernel/mm/ksm/run sys/kernel/mm/ksm/pages_shared sys/kernel/mm/ksm/pages_sharing \\
    proc/irq/default_smp_affinity proc/irq/[0-9]*/smp_affinity_list proc/irq/[0-9]*/effective_affinity_list \\
    sys/kernel/irq/[0-9]*/actions sys/devices/virtual/workqueue/cpumask
  for name in physical_package_id die_id cluster_id core_id book_id drawer_id \\
    thread_siblings thread_siblings_list core_siblings core_siblings_list core_cpus core_cpus_list \\
    package_cpus package_cpus_list die_cpus die_cpus_list cluster_cpus cluster_cpus_list \\
    book_siblings book_siblings_list drawer_siblings drawer_siblings_list
  do printf '%s\\0' $cpu/cpu[0-9]*/topology/$name; done
  for name in level type size id shared_cpu_list shared_cpu_map
  do printf '%s\\0' $cpu/cpu[0-9]*/cache/index[0-9]*/$name; done
  # A recorded tree may lack both lists of a node's CPUs and keep the links to their folders.
  for name in $node/node[0-9]*
  do [ -e $name/cpulist ] || [ -e $name/cpumap ] || printf '%s\\0' $name/cpu[0-9]*/topology/core_id; done
  for name in scaling_driver scaling_governor scaling_available_governors boost \\
    energy_performance_preference energy_performance_available_preferences
  do printf '%s\\0' $cpu/cpu[0-9]*/cpufreq/$name; done
  printf '%s\\0' $cpu/cpuidle/current_driver $cpu/cpu[0-9]*/power/pm_qos_resume_latency_us
  for name in name desc latency disable
  do printf '%s\\0' $cpu/cpu[0-9]*/cpuidle/state[0-9]*/$name; done
}

# Names that may hold anything, in the printf format $1. First printed as a list: by it "name:line" is split, and an
# empty file is seen (a link to /dev/null masks a file of sysctl.d). The further arguments are the asked sysctl paths.
named_files() {
  format=$1; shift
  for key in ${snapshotSysctls.join(" ")} "$@"
  do [ -f "proc/sys/$key" ] && printf "$format" "proc/sys/$key"; done
  for name in sys/bus/pci/devices/*/numa_node sys/bus/pci/devices/*/class sys/bus/pci/devices/*/net/*/ifindex \\
    sys/bus/pci/devices/*/virtio*/net/*/ifindex sys/fs/cgroup/*/cpuset.cpus \\
    etc/machine-id etc/hostname etc/os-release etc/sysctl.conf etc/tuned/active_profile \\
    etc/sysctl.d/* run/sysctl.d/* usr/local/lib/sysctl.d/* usr/lib/sysctl.d/* lib/sysctl.d/* \\
    etc/kvm-tuning/* etc/systemd/system/kvm-tuning*.service \\
    etc/systemd/system/*.d/zz-kvm-tuning.conf etc/systemd/system.conf.d/zz-kvm-tuning.conf etc/udev/rules.d/*kvm-tuning* \\
    etc/default/grub etc/default/grub.d/* boot/grub/grubenv boot/grub2/grubenv etc/kernel/cmdline \\
    boot/loader/loader.conf boot/efi/loader/loader.conf efi/loader/loader.conf \\
    boot/loader/entries/*.conf boot/efi/loader/entries/*.conf efi/loader/entries/*.conf \\
    ${loaderVariable("LoaderEntry[DOL]*").slice(1)} \\
    etc/default/irqbalance etc/sysconfig/irqbalance etc/irqbalance.env \\
    var/lib/kvm-tuning/owner.json var/lib/kvm-tuning/restart var/lib/kvm-tuning/trial* $journal/[0-9]*/meta $journal/[0-9]*/original $journal/[0-9]*/wrote
  do [ -e "$name" ] && [ ! -d "$name" ] && printf "$format" "$name"; done
}

# The journalled files of kind $1 (link, file, other or absent), in the printf format $2. They never go through a link:
# what a link leads to may be a device.
targets() {
  for list in $journal/[0-9]*/target; do
    [ -f "$list" ] && while IFS= read -r name; do
      name=\${name#/}
      if [ -L "$name" ]; then kind=link
      elif [ -f "$name" ]; then kind=file
      elif [ -e "$name" ]; then kind=other
      else kind=absent; fi
      [ $kind = "$1" ] && printf "$2" "$name"
    done < "$list"
  done
}

# Links, in the printf format $1: their targets are printed by one ls.
links() {
  for name in etc/sysctl.conf etc/sysctl.d/* run/sysctl.d/* usr/local/lib/sysctl.d/* usr/lib/sysctl.d/* lib/sysctl.d/* \\
    etc/kvm-tuning/* etc/systemd/system/kvm-tuning*.service etc/systemd/system/*.wants/kvm-tuning*
  do [ -L "$name" ] && printf "$1" "$name"; done
  # What starts an asked unit at boot, masks it, or is another name for it.
  for unit in $units
  do for name in etc/systemd/system/*.wants/$unit etc/systemd/system/*.requires/$unit etc/systemd/system/$unit
  do [ -L "$name" ] && printf "$1" "$name"; done; done
  [ -z "$units" ] ||
  for name in etc/systemd/system/*.service etc/systemd/system/*.socket etc/systemd/system/*.timer etc/systemd/system/*.path
  do [ -L "$name" ] && printf "$1" "$name"; done
  targets link "$1"
}

# The arguments are the asked sysctl paths.
file_sections() {
  section kernel
  kernel_files | xargs -0 grep -asH '' /dev/null
  section memory
  # Of the mounts those of huge pages and those that a boot loader reads: the options of others are nobody's business. So
  # are systemd's other settings.
  grep -asHE '^(Mem(Total|Free|Available)|Hugepagesize|Node +[0-9]+ Mem(Total|Free)|Cpus_allowed_list):|^nr_free_pages |^[^ ]+ ([^ ]+ hugetlbfs|/(boot(/efi|/grub2?)?|efi)? [^ ]+) |^[[:space:]]*CPUAffinity[[:space:]]*=' \\
    proc/meminfo proc/vmstat $node/node[0-9]*/meminfo proc/mounts proc/1/status \\
    etc/systemd/system.conf.d/*.conf run/systemd/system.conf.d/*.conf \\
    usr/local/lib/systemd/system.conf.d/*.conf usr/lib/systemd/system.conf.d/*.conf
  section boot-menu
  [ -e boot/grub/grub.cfg ] || [ -e boot/grub2/grub.cfg ] &&
    grep -asHE '${grubMenuLines}' boot/grub/grub.cfg boot/grub/custom.cfg boot/grub2/grub.cfg boot/grub2/custom.cfg | grep -aivE '${grubSecretLines}'
  # What no file says: the arguments of the deployment that boots next.
  section ostree
  [ ! -e run/ostree-booted ] || ! command -v rpm-ostree > /dev/null 2>&1 || rpm-ostree kargs 2> /dev/null
  section existing
  for name in ${existing.join(" ")}
  do [ -e "$name" ] && printf '%s\\n' "$name"; done
  section names
  named_files '%s\\n' "$@"
  section contents
  named_files '%s\\0' "$@" | xargs -0 grep -asH '' /dev/null
  section links
  links '%s\\n'
  section link-targets
  links '%s\\0' | xargs -0 ls -ldn /dev/null
  section other
  targets other '%s\\n'
  section absent
  targets absent '%s\\n'
  section files
  targets file '%s\\n'
  # Two processes more, only where something is journalled.
  set -- $journal/[0-9]*/target
  if [ -e "$1" ]; then
    section modes
    targets file '%s\\0' | xargs -0 stat -c '%a %u:%g %n' /dev/null
    section hashes
    targets file '%s\\0' | xargs -0 sha256sum /dev/null
  fi
}

unit_states() {
  more=
  for unit in $units
  do case " ${snapshotUnits.join(" ")} " in *" $unit "*) ;; *) more="$more $unit" ;; esac; done
  command -v systemctl >/dev/null 2>&1 &&
    systemctl show -p Id,LoadState,ActiveState,UnitFileState ${snapshotUnits.join(" ")} $more 2>/dev/null
}
${libvirtFunctions}
# What was printed before may lack its newline.
echo
# systemctl and virsh take the longest: they run while the files are read, and what they say stays in its pipe so long.
unit_states </dev/null | {
  exec 3<&0 </dev/null
  if [ -z "$libvirt" ]; then
    file_sections "$@"
  else
    domain_lists | {
      exec 4<&0 </dev/null
      file_sections "$@"
      domain_sections <&4
    }
  fi
  section units
  cat <&3
}
section done
exit 0
`;
