import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { createHosts } from "../../../provider/host/host-access";
import type { Hosts } from "../../../provider/host/hosts";
import { createVmCpuPlacement } from "../../../provider/vm-cpu-placement/resource";
import type { Props, Resource, Run } from "../../../provider/resource";
import type { ExecRequest, ExecResult, Transport } from "../../../provider/transport/transport";
import { fixtureRoot, machineId, smallHost, type Fixture, type FixtureRoot } from "../../support/fixture-root";
import { localTransport, type LocalTransport } from "../../support/local-transport";

export const uuid = "11111111-2222-4333-8444-555555555555";
export const otherUuid = "11111111-2222-4333-8444-666666666666";
export const id = `${machineId}/${uuid}`;
export const secret = "CANARY-vnc-password";
export const urn = urnOf("db");
const bin = join(__dirname, "stand-in");

export function urnOf(resource: string): string {
  return `urn:pulumi:prod::racks::pulumi-nodejs:dynamic/kvm-tuning:VmCpuPlacement::${resource}`;
}

interface Definition {
  readonly uuid?: string;
  readonly type?: string;
  readonly vcpus?: number;
  readonly memoryMiB?: number;
  /** Elements beside these. */
  readonly more?: string;
}

export function definition(name: string, given: Definition = {}): string {
  const { type = "kvm", vcpus = 2, memoryMiB = 2048, more = "" } = given;
  return `<domain type='${type}'>
  <name>${name}</name>
  <uuid>${given.uuid ?? uuid}</uuid>
  <!-- kept -->
  <memory unit='KiB'>${memoryMiB * 1024}</memory>
  <vcpu placement='static'>${vcpus}</vcpu>
${more}  <os>
    <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>
  </os>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <graphics type='vnc' passwd='${secret}'/>
  </devices>
</domain>
`;
}

export interface FixtureHost {
  readonly fixture: FixtureRoot;
  readonly transport: LocalTransport;
  readonly resource: Resource;
  readonly hosts: Hosts;
  readonly warnings: string[];
  readonly run: Run;
  /** Another resource of the same stack. */
  as(resource: string): Run;
  /** A new `pulumi up`: it knows nothing that the last one did not write down. */
  newRun(): void;
  /** Commands that changed something since the last call. */
  calls(): readonly string[];
  inactive(domain?: string): string;
  live(domain?: string): string;
  pid(): string;
  /** Runs the stand-in by hand, as an administrator would. */
  virsh(...args: readonly string[]): void;
  /** Edits by hand: the definition, the running domain (as if it had been started so), or both. */
  edit(sides: readonly ("inactive" | "live")[], from: string | RegExp, to: string): void;
  /** Stands between the provider and the host, to lose a connection. */
  intercept: ((request: ExecRequest, exec: Transport["exec"]) => Promise<ExecResult>) | undefined;
  /** check, as the engine calls it before every create and update. */
  checked(inputs: Props, olds?: Props, run?: Run): Promise<{ inputs: Props; problems: readonly string[] }>;
  remove(): void;
}

type File = readonly [path: string, content: string];

/** Eight CPUs, two nodes of 8 GiB with 1024 pages of 2 MiB each, cgroup v2, resctrl. */
function hostFiles(): Fixture {
  const cpus = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((cpu): File[] => [
    [`/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`, `${cpu}\n`],
    [`/sys/devices/system/cpu/cpu${cpu}/topology/core_siblings_list`, "0-7\n"],
  ]);
  const nodes = [0, 1].flatMap((node): File[] => {
    const folder = `/sys/devices/system/node/node${node}`;
    return [
      [`${folder}/cpulist`, node === 0 ? "0-3\n" : "4-7\n"],
      [`${folder}/meminfo`, `Node ${node} MemTotal:        8388608 kB\n`],
      ...poolFiles(node, 2048, 1024),
      ...poolFiles(node, 1048576, 0),
    ];
  });
  return {
    ...smallHost,
    ...Object.fromEntries([...cpus, ...nodes]),
    "/proc/meminfo": "MemTotal:       16777216 kB\nHugepagesize:       2048 kB\n",
    "/proc/mounts": "hugetlbfs /dev/hugepages hugetlbfs rw,relatime,pagesize=2M 0 0\n",
    "/proc/sys/kernel/sched_rt_runtime_us": "-1\n",
    "/proc/sys/kernel/sched_rt_period_us": "1000000\n",
    "/sys/devices/system/cpu/online": "0-7\n",
    "/sys/devices/system/cpu/possible": "0-7\n",
    "/sys/devices/system/cpu/present": "0-7\n",
    "/sys/devices/system/node/online": "0-1\n",
    "/sys/fs/cgroup/cgroup.controllers": "cpuset cpu memory\n",
    "/sys/fs/resctrl/schemata": "L3:0=fff\n",
  };
}

function poolFiles(node: number, sizeKiB: number, pages: number): File[] {
  const folder = `/sys/devices/system/node/node${node}/hugepages/hugepages-${sizeKiB}kB`;
  return ["nr", "free", "surplus"].map((name) => [
    `${folder}/${name}_hugepages`,
    `${name === "surplus" ? 0 : pages}\n`,
  ]);
}

/** All pages of a pool are free. */
export function pool(node: number, sizeKiB: number, pages: number): Fixture {
  return Object.fromEntries(poolFiles(node, sizeKiB, pages));
}

interface FixtureDomain {
  readonly uuid: string;
  readonly xml: string;
  readonly running: boolean;
}

export interface FixtureHostOptions {
  /** Whether the first domain runs. */
  readonly running: boolean;
  readonly xml?: string;
  readonly others?: readonly FixtureDomain[];
  readonly files?: Fixture;
}

/** A host with a domain of two vCPUs, and perhaps others. */
export function fixtureHost({
  running,
  xml = definition("db"),
  others = [],
  files = {},
}: FixtureHostOptions): FixtureHost {
  const domains = [{ uuid, xml, running }, ...others];
  const fixture = fixtureRoot({
    ...hostFiles(),
    ...domains.reduce<Fixture>(
      (all, domain, index) => ({ ...all, ...domainFiles(domain, 4000 + 100_000 * index) }),
      {},
    ),
    "/libvirt/calls": "",
    ...files,
  });
  const transport = localTransport({ root: fixture.root, bin });
  const virsh = (...args: readonly string[]): void => {
    execFileSync(join(bin, "virsh"), ["-c", "qemu:///system", ...args], {
      env: { ...process.env, KVM_TUNING_ROOT: fixture.root },
    });
  };
  for (const domain of domains) if (domain.running) virsh("stand-in-process", domain.uuid);
  let intercept: FixtureHost["intercept"];
  const reached: Transport = {
    ...transport,
    exec: (request) => intercept?.(request, transport.exec) ?? transport.exec(request),
  };
  const begin = () => {
    const hosts = createHosts({ transport: () => Promise.resolve(reached), close: () => undefined });
    return { hosts, resource: createVmCpuPlacement(hosts) };
  };
  let current = begin();
  const warnings: string[] = [];
  const as = (resource: string): Run => ({
    urn: urnOf(resource),
    warn: (message) => Promise.resolve(void warnings.push(message)),
    progress: () => undefined,
  });
  const ours = as("db");
  let seen = 0;
  const xmlOf = (side: string, domain: string): string => fixture.read(`/libvirt/${domain}/${side}.xml`);
  return {
    fixture,
    transport,
    warnings,
    run: ours,
    as,
    virsh,
    get hosts() {
      return current.hosts;
    },
    get resource() {
      return current.resource;
    },
    get intercept() {
      return intercept;
    },
    set intercept(next) {
      intercept = next;
    },
    newRun: () => void (current = begin()),
    calls() {
      const all = fixture.read("/libvirt/calls").split("\n").slice(0, -1);
      const fresh = all.slice(seen);
      seen = all.length;
      return fresh;
    },
    inactive: (domain = uuid) => xmlOf("inactive", domain),
    live: (domain = uuid) => xmlOf("live", domain),
    pid: () => fixture.read(`/libvirt/${uuid}/pid`),
    edit(sides, from, to) {
      for (const side of sides) {
        const before = xmlOf(side, uuid);
        const after = before.replace(from, to);
        if (after === before) throw new Error(`${side} holds no ${String(from)}:\n${before}`);
        fixture.write({ [`/libvirt/${uuid}/${side}.xml`]: after });
      }
      if (sides.includes("live")) virsh("stand-in-process", uuid);
    },
    async checked(inputs, olds, run = ours) {
      const request = { olds, news: inputs, unknowns: [] };
      const { computed, problems } = await current.resource.check(request, run);
      return { inputs: { ...inputs, ...computed }, problems: problems.map(({ path, reason }) => `${path}: ${reason}`) };
    },
    remove: () => fixture.remove(),
  };
}

function domainFiles({ uuid: folder, xml, running }: FixtureDomain, pid: number): Fixture {
  return {
    [`/libvirt/${folder}/inactive.xml`]: xml,
    [`/libvirt/${folder}/pid`]: String(pid),
    ...(running && { [`/libvirt/${folder}/live.xml`]: xml }),
  };
}
