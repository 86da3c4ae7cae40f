import * as pulumi from "@pulumi/pulumi";
import { HostTuning, PlacementPlan, VmCpuPlacement, type PlanVmArgs } from "pulumi-kvm-tuning";

// No CPU number stands in this program. It says what each VM is; the plan finds host, node, cores and CPUs for all of them
// at once, on the hosts as they are, and the preview shows them before anything is changed.
const config = new pulumi.Config();

interface Host {
  readonly address: string;
  readonly port?: number;
  /** As /etc/ssh/ssh_host_ed25519_key.pub has it. */
  readonly hostKey: string;
  /** CPUs that stay with the host. Default: the first core of each NUMA node. */
  readonly reserved?: string;
}

const hosts = config.requireObject<Record<string, Host>>("hosts");

// A database that wants siblings and huge pages, two nodes of a quorum that are never on one host, and a build machine
// that takes what the others leave.
const vms = config.getObject<Record<string, PlanVmArgs>>("vms") ?? {
  db: { vcpus: 8, memoryMiB: 32768, pageSize: "2M", threadPolicy: "require", emulatorThreads: "isolate", ioThreads: 1 },
  "etcd-0": { vcpus: 2, memoryMiB: 4096, antiAffinity: "etcd" },
  "etcd-1": { vcpus: 2, memoryMiB: 4096, antiAffinity: "etcd" },
  build: { vcpus: 8, memoryMiB: 8192, cpuPolicy: "shared" },
};

const connections = Object.fromEntries(
  Object.entries(hosts).map(([name, { address, port, hostKey }]) => [
    name,
    {
      host: address,
      port: port ?? 22,
      user: config.get("user") ?? "root",
      privateKey: config.requireSecret("privateKey"),
      hostKey,
    },
  ]),
);

const plan = new PlacementPlan("fleet", {
  hosts: Object.fromEntries(
    Object.entries(connections).map(([name, connection]) => [name, { connection, reserved: hosts[name]?.reserved }]),
  ),
  vms,
});

// Each host gets the pages that its VMs need.
const tunings = Object.entries(connections).map(
  ([name, connection]) =>
    new HostTuning(name, {
      connection,
      numaBalancing: false,
      hugepages: plan.hugepages(name),
    }),
);

// Each VM is placed on the host that the plan has chosen, after that host is tuned. Its domain must be there: a libvirt
// provider of the same program can make it from `plan.host(name)`.
for (const name of Object.keys(vms)) {
  new VmCpuPlacement(
    name,
    {
      connection: plan.connection(name),
      domain: name,
      ...plan.placement(name),
      maxDisruption: config.get<"live" | "vm-restart">("maxDisruption") ?? "live",
    },
    { dependsOn: tunings },
  );
}

export const places = plan.placements.apply((all) =>
  Object.fromEntries(Object.entries(all).map(([name, { host, why }]) => [name, `${host}: ${why}`])),
);
// pulumi stack output map; pulumi stack output mapSvg > fleet.svg
export const map = plan.map;
export const mapSvg = plan.mapSvg;
