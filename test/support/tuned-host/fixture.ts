import { smallHost, type Fixture } from "../fixture-root";

const cpu = "/sys/devices/system/cpu";
const node = "/sys/devices/system/node";

export const governorFile = (id: number): string => `${cpu}/cpu${id}/cpufreq/scaling_governor`;
export const poolFile = (id: number, pageKiB = 2048): string =>
  `${node}/node${id}/hugepages/hugepages-${pageKiB}kB/nr_hugepages`;

/**
 * An untuned host: 8 CPUs with cpufreq, two nodes of 4 GiB with pools of 2M and 1G, the usual sysctls, files of other
 * people in sysctl.d, a unit of somebody else. All are plain files: unlike the kernel's they take any value and read
 * back what was written.
 */
export const eightCpuHost: Fixture = {
  ...smallHost,
  ...Object.fromEntries(
    [0, 1, 2, 3, 4, 5, 6, 7].flatMap((id) => [
      [governorFile(id), "schedutil\n"],
      [`${cpu}/cpu${id}/cpufreq/scaling_driver`, "acpi-cpufreq\n"],
      [`${cpu}/cpu${id}/cpufreq/scaling_available_governors`, "conservative performance powersave schedutil \n"],
    ]),
  ),
  ...Object.fromEntries(
    [0, 1].flatMap((id) => [
      [`${node}/node${id}/cpulist`, id === 0 ? "0-3\n" : "4-7\n"],
      [`${node}/node${id}/meminfo`, `Node ${id} MemTotal:        4194304 kB\nNode ${id} MemFree:         4000000 kB\n`],
      [poolFile(id), "0\n"],
      [poolFile(id, 1048576), "0\n"],
    ]),
  ),
  [`${cpu}/online`]: "0-7\n",
  [`${cpu}/possible`]: "0-7\n",
  [`${cpu}/present`]: "0-7\n",
  [`${node}/online`]: "0-1\n",
  "/etc/os-release": 'ID=debian\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
  "/etc/sysctl.conf": "# nothing set\n",
  "/etc/sysctl.d/99-sysctl.conf": { link: "../sysctl.conf" },
  "/etc/sysctl.d/50-site.conf": { content: "vm.dirty_ratio = 15\n", mode: 0o600 },
  "/usr/lib/sysctl.d/50-default.conf": "net.ipv4.conf.default.rp_filter = 2\n",
  "/etc/systemd/system/site.service": "[Service]\nExecStart=/bin/true\n",
  "/etc/systemd/system/multi-user.target.wants/site.service": { link: "/etc/systemd/system/site.service" },
  "/proc/cmdline": "BOOT_IMAGE=/vmlinuz-6.1.0 root=/dev/vda1 ro quiet\n",
  "/proc/sys/net/ipv4/ip_local_port_range": "32768\t60999\n",
  "/proc/sys/net/ipv4/ip_local_reserved_ports": "\n",
  "/proc/sys/vm/compact_memory": "",
};

/** Every knob at once; as a program gives it. */
export const everything = {
  numaBalancing: false,
  sysctl: { "vm.swappiness": 10, "net.ipv4.ip_local_port_range": "10000 65000" },
  cpuGovernor: "performance",
  hugepages: [{ size: "2M", nodes: { "0": 128, "1": 64 } }],
};

/** What `check` of a new resource with `everything` prints. */
export const everythingPlanned = {
  cpuGovernor: "schedutil → performance  [live]",
  "hugepages.2M.node0": "0 → 128  [live]",
  "hugepages.2M.node1": "0 → 64  [live]",
  numaBalancing: "1 → 0  [live]",
  "sysctl.net.ipv4.ip_local_port_range": "32768 60999 → 10000 65000  [live]",
  "sysctl.vm.swappiness": "60 → 10  [live]",
  "kvm-tuning.service": "(absent) → enabled  [live]",
};
