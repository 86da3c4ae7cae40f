/* What the kernel has of the domain's process, read by plain ssh with commands that any admin knows. */
import type { TestHost } from "../../host/test-host";

type Threads = Readonly<Record<string, string>>;

const pinned = /^(CPU \d+\/TCG|IO iothread\d+|qemu-system-x86)$/;

/** Thread -> the CPUs that it may run on, for QEMU's main thread and those that libvirt pins. */
export async function masks(host: TestHost): Promise<Threads> {
  const text = await host.output(
    "pid=$(cat /run/libvirt/qemu/db.pid); grep -hE '^(Name|Cpus_allowed_list):' /proc/$pid/task/*/status",
  );
  const found = [...text.matchAll(/Name:\t(.*)\nCpus_allowed_list:\t(.*)/g)];
  return sorted(found.map(([, name = "", cpus = ""]) => [name, cpus]));
}

/** Thread -> policy and priority, as chrt(1) has them. */
export async function policies(host: TestHost): Promise<Threads> {
  // QEMU's worker threads come and go, so a thread that ends between its name and its policy is left out.
  const text = await host.output(
    'pid=$(cat /run/libvirt/qemu/db.pid); for task in /proc/$pid/task/*; do { cat $task/comm && chrt -p ${task##*/}; } 2>/dev/null; done; [ -n "$pid" ]',
  );
  const found = text.matchAll(/^(.*)\npid .* policy: (\w+)\npid .* priority: (\d+)$/gm);
  return sorted([...found].map(([, name = "", policy = "", priority = ""]) => [name, `${policy} ${priority}`]));
}

function sorted(threads: readonly (readonly [string, string])[]): Threads {
  return Object.fromEntries(threads.filter(([name]) => pinned.test(name)).sort());
}

const cgroupFiles = {
  weight: "cpu.weight",
  "memory limit": "libvirt/memory.max",
  "time of vCPU 0": "libvirt/vcpu0/cpu.max",
  "nodes of vCPU 0": "libvirt/vcpu0/cpuset.mems",
  "CPUs of vCPU 0": "libvirt/vcpu0/cpuset.cpus",
  "CPUs of the emulator": "libvirt/emulator/cpuset.cpus",
  "CPUs of I/O thread 1": "libvirt/iothread1/cpuset.cpus",
} as const;

export async function cgroup(host: TestHost): Promise<Readonly<Record<string, string>>> {
  const files = Object.values(cgroupFiles).map((file) => `"$(cat ${file})"`);
  const text = await host.output(
    `cd /sys/fs/cgroup/machine.slice/machine-qemu*db.scope && printf '%s\\n' ${files.join(" ")}`,
  );
  const lines = text.split("\n");
  return Object.fromEntries(Object.keys(cgroupFiles).map((name, index) => [name, lines[index] ?? ""]));
}

/** `policy: pages on nodes` of each mapping in huge pages. */
export async function hugeMappings(host: TestHost): Promise<readonly string[]> {
  const text = await host.output("grep huge /proc/$(cat /run/libvirt/qemu/db.pid)/numa_maps");
  return text
    .split("\n")
    .map((line) => `${line.split(" ")[1] ?? ""}: ${(line.match(/\bN\d+=\d+/g) ?? []).join(" ")}`)
    .sort();
}

export async function lockedKiB(host: TestHost): Promise<number> {
  return Number(await host.output("awk '/^VmLck:/ { print $2 }' /proc/$(cat /run/libvirt/qemu/db.pid)/status"));
}

/** Free pages of 2M on nodes 0 and 1. */
export async function freePages(host: TestHost): Promise<string> {
  return host.output("cat /sys/devices/system/node/node*/hugepages/hugepages-2048kB/free_hugepages | tr '\\n' ' '");
}
