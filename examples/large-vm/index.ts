import * as pulumi from "@pulumi/pulumi";
import { HostTuning, VmCpuPlacement } from "pulumi-kvm-tuning";

// A guest across both NUMA nodes: it sees two nodes of its own, and each has its vCPUs and its memory on one of the host.
//
// The defaults are for a host with two sockets of eight cores and two threads each, whose CPU n and n+16 are threads of
// one core (`lscpu -e` shows it): node 0 has CPUs 0-7,16-23, node 1 has 8-15,24-31. The first core of each node stays
// with the host, so that the guest has 28 vCPUs, not 32. It wants a host of its own.
const config = new pulumi.Config();
const domain = config.get("domain") ?? "large-vm";
// For each node of the host, in order, one CPU for each vCPU. Threads of one core stand side by side. As many CPUs of
// each node, for the sockets of a guest are alike.
const nodes = config.getObject<readonly string[]>("nodes") ?? [
  "1,17,2,18,3,19,4,20,5,21,6,22,7,23",
  "9,25,10,26,11,27,12,28,13,29,14,30,15,31",
];
const emulatorCpus = config.get("emulatorCpus") ?? "0,8,16,24";
// On each node.
const memoryMiB = config.getNumber("memoryMiB") ?? 64 * 1024;
const pageSize = config.get("pageSize") ?? "1G";
const cpuMode = config.get<"host-model" | "maximum">("cpuMode") ?? "host-model";

const pins = nodes.join(",");
const vcpusPerNode = pins.split(",").length / nodes.length;
const pages = memoryMiB / (pageSize === "1G" ? 1024 : 2);

const connection = {
  host: config.require("host"),
  port: config.getNumber("port") ?? 22,
  user: config.get("user") ?? "root",
  privateKey: config.requireSecret("privateKey"),
  hostKey: config.require("hostKey"),
};

// One HostTuning tunes a host. On a host that another program tunes: pulumi config set tuneHost false
const host =
  config.getBoolean("tuneHost") === false
    ? undefined
    : new HostTuning("kvm-02", {
        connection,
        numaBalancing: false,
        cpuGovernor: "performance",
        hugepages: [{ size: pageSize, nodes: Object.fromEntries(nodes.map((_, node) => [node, pages])) }],
        // Pages of 1G are reserved by a boot.
        maxDisruption: "host-reboot",
        drain: { method: "shutdown", timeoutSeconds: 300 },
      });

const large = new VmCpuPlacement("large-vm", {
  ...(host === undefined ? { connection } : { host }),
  domain,
  vcpus: { maximum: nodes.length * vcpusPerNode },
  vcpuPins: pins,
  // A CPU of each node that memory comes from.
  emulatorPin: emulatorCpus,
  numa: {
    mode: "strict",
    nodeset: `0-${nodes.length - 1}`,
    // Guest cell n on host node n: vCPUs, memory, and the node that it comes from.
    cells: nodes.map((_, node) => ({
      id: node,
      vcpus: `${node * vcpusPerNode}-${(node + 1) * vcpusPerNode - 1}`,
      memoryMiB,
      mode: "strict",
      nodeset: String(node),
    })),
  },
  cpu: {
    mode: cpuMode,
    topology: { sockets: nodes.length, cores: vcpusPerNode / 2, threads: 2 },
  },
  // Taken from the kernel directly (memfd), so that no hugetlbfs of this page size must be mounted, and all at the start.
  memoryBacking: { hugepages: [{ size: pageSize }], source: "memfd", allocation: "immediate" },
  // Pins are moved live. All else here needs the domain to be started anew.
  maxDisruption: "vm-restart",
});

export const verification = large.verification;
