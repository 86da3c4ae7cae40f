/* Hosts written out by hand, and a run of the resource's check on them. A fake stands for the connection alone. */
import { createPromises } from "../../../provider/host/promises";
import type { Hosts } from "../../../provider/host/hosts";
import type { DomainSnapshot, HostSnapshot } from "../../../provider/host/snapshot";
import type { PlannedHostNeeds, PlannedVm } from "../../../provider/placement-plan/model";
import { createPlacementPlan } from "../../../provider/placement-plan/resource";
import type { Props, Resource } from "../../../provider/resource";
import { snapshotOf } from "../../support/snapshot";

const cpuFolder = "/sys/devices/system/cpu";
const nodeFolder = "/sys/devices/system/node";

export interface HostShape {
  /** @default 2 */
  readonly nodes?: number;
  /** Of each node. @default 4 */
  readonly cores?: number;
  /** Of each core; CPU n and n + number of cores are siblings. @default 2 */
  readonly threads?: number;
  /** Of each node. @default 16 */
  readonly gib?: number;
  readonly domains?: readonly DomainSnapshot[];
  readonly records?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly owner?: string;
}

/** With nodes of whole cores, an L3 for each node, pools of 2M and 1G that are empty, and cgroup v2. */
export function hostOf(shape: HostShape = {}): HostSnapshot {
  const { nodes = 2, cores = 4, threads = 2, gib = 16, domains = [], records = {}, files = {}, owner } = shape;
  const all = nodes * cores;
  const count = (length: number): readonly number[] => Array.from({ length }, (_, index) => index);
  const cpus = count(all * threads);
  const nodeCpus = (node: number): string => cpus.filter((cpu) => Math.floor((cpu % all) / cores) === node).join(",");
  const pools = (node: number) =>
    [2048, 1048576].flatMap((size) =>
      ["nr", "free", "surplus"].map((name) => [
        `${nodeFolder}/node${node}/hugepages/hugepages-${size}kB/${name}_hugepages`,
        "0",
      ]),
    );
  const sysfs = [
    ...cpus.flatMap((cpu) => [
      [`${cpuFolder}/cpu${cpu}/topology/thread_siblings_list`, cpus.filter((one) => one % all === cpu % all).join(",")],
      [`${cpuFolder}/cpu${cpu}/topology/core_siblings_list`, nodeCpus(Math.floor((cpu % all) / cores))],
      [`${cpuFolder}/cpu${cpu}/cache/index3/level`, "3"],
      [`${cpuFolder}/cpu${cpu}/cache/index3/type`, "Unified"],
      [`${cpuFolder}/cpu${cpu}/cache/index3/size`, "16384K"],
      [`${cpuFolder}/cpu${cpu}/cache/index3/id`, String(Math.floor((cpu % all) / cores))],
      [`${cpuFolder}/cpu${cpu}/cache/index3/shared_cpu_list`, nodeCpus(Math.floor((cpu % all) / cores))],
    ]),
    ...count(nodes).flatMap((node) => [
      [`${nodeFolder}/node${node}/cpulist`, nodeCpus(node)],
      [
        `${nodeFolder}/node${node}/distance`,
        count(nodes)
          .map((to) => (to === node ? 10 : 21))
          .join(" "),
      ],
      [`${nodeFolder}/node${node}/meminfo`, `Node ${node} MemTotal: ${gib * 1024 ** 2} kB`],
      ...pools(node),
    ]),
    ["/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "0"],
    ["/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "0"],
    [`${cpuFolder}/online`, `0-${all * threads - 1}`],
    [`${cpuFolder}/possible`, `0-${all * threads - 1}`],
    [`${cpuFolder}/present`, `0-${all * threads - 1}`],
    ["/proc/meminfo", `MemTotal: ${nodes * gib * 1024 ** 2} kB\nHugepagesize: 2048 kB`],
    ["/proc/1/status", `Cpus_allowed_list:\t0-${all * threads - 1}`],
    ["/sys/fs/cgroup/cgroup.controllers", "cpuset cpu memory"],
  ];
  return {
    ...snapshotOf({
      files: { ...(Object.fromEntries(sysfs) as Record<string, string>), ...files },
      ...(owner !== undefined && { owner }),
    }),
    libvirt: { domains, records: new Map(Object.entries(records)), capabilities: new Map() },
  };
}

export interface DomainShape {
  readonly vcpus?: number;
  readonly memoryMiB?: number;
  readonly running?: boolean;
  /** Elements beside these. */
  readonly more?: string;
}

/** Its UUID is made of its name. */
export function domainOf(name: string, shape: DomainShape = {}): DomainSnapshot {
  const { vcpus = 2, memoryMiB = 1024, running = true, more = "" } = shape;
  const uuid = `00000000-0000-4000-8000-${Buffer.from(name).toString("hex").padStart(12, "0").slice(-12)}`;
  const xml = `<domain type='kvm'><name>${name}</name><uuid>${uuid}</uuid><memory unit='MiB'>${memoryMiB}</memory><vcpu>${vcpus}</vcpu>${more}</domain>`;
  return {
    uuid,
    name,
    state: running ? "running" : "shut off",
    persistent: true,
    autostart: false,
    managedSave: false,
    snapshots: false,
    inactive: xml,
    ...(running && { live: xml }),
  };
}

export const pins = (...cpus: readonly number[]): string =>
  `<cputune>${cpus.map((cpu, vcpu) => `<vcpupin vcpu='${vcpu}' cpuset='${cpu}'/>`).join("")}<emulatorpin cpuset='0'/></cputune>`;

export const urnOf = (name: string, stack = "prod"): string =>
  `urn:pulumi:${stack}::racks::pulumi-nodejs:dynamic/kvm-tuning:PlacementPlan::${name}`;

export const connectionTo = (host: string) => ({ host, hostKeyFingerprint: `SHA256:${"a".repeat(43)}` });

/** A fake of the connection: snapshots are given out as they are. */
export function hostsWith(snapshots: Readonly<Record<string, HostSnapshot>>): Hosts {
  const never = (): never => {
    throw new Error("a plan writes nothing");
  };
  return {
    snapshot: ({ host }) => {
      const found = snapshots[host];
      return found === undefined ? Promise.reject(new Error(`no host ${host}`)) : Promise.resolve(found);
    },
    exclusively: never,
    query: never,
    close: () => undefined,
    ...createPromises(),
  };
}

export interface Checked {
  readonly inputs: Props;
  readonly plan: Readonly<Record<string, string>>;
  readonly placements: Readonly<Record<string, PlannedVm>>;
  readonly hosts: Readonly<Record<string, PlannedHostNeeds>>;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

interface CheckOptions {
  readonly olds?: Props;
  readonly hosts?: Hosts;
  readonly urn?: string;
}

/** One run of check. `args.hosts` gets a connection for each snapshot. */
export async function checked(
  snapshots: Readonly<Record<string, HostSnapshot>>,
  args: { readonly hosts?: Readonly<Record<string, object>>; readonly vms: object; readonly searchLimit?: number },
  { olds, hosts = hostsWith(snapshots), urn = urnOf("plan") }: CheckOptions = {},
): Promise<Checked> {
  const resource: Resource = createPlacementPlan(hosts);
  const warnings: string[] = [];
  const run = { urn, warn: async (text: string) => void warnings.push(text), progress: () => undefined };
  const news = {
    ...args,
    hosts: Object.fromEntries(
      Object.keys(snapshots).map((name) => [name, { connection: connectionTo(name), ...args.hosts?.[name] }]),
    ),
  };
  const { computed, problems } = await resource.check({ olds, news, unknowns: [] }, run);
  return {
    inputs: { ...news, ...computed },
    plan: (computed["plan"] ?? {}) as Checked["plan"],
    placements: (computed["__placements"] ?? {}) as Checked["placements"],
    hosts: (computed["__hosts"] ?? {}) as Checked["hosts"],
    problems: problems.map(({ path, reason }) => `${path}: ${reason}`),
    warnings,
  };
}
