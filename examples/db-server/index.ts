import * as pulumi from "@pulumi/pulumi";
import { HostTuning, VmCpuPlacement } from "pulumi-kvm-tuning";

// A database server: eight vCPUs on four whole cores of node 0, and all of its memory in huge pages there.
//
// The defaults are for a host with two sockets of eight cores and two threads each, whose CPU n and n+16 are threads of
// one core (`lscpu -e` shows it): node 0 has CPUs 0-7,16-23, node 1 has 8-15,24-31. Core 0 stays with the host.
const config = new pulumi.Config();
const domain = config.get("domain") ?? "db-server";
// One CPU for each vCPU, in order. Threads of one core stand side by side, for so they are in the guest's topology.
const cpus = config.get("cpus") ?? "1,17,2,18,3,19,4,20";
const emulatorCpus = config.get("emulatorCpus") ?? "0,16";
const memoryMiB = config.getNumber("memoryMiB") ?? 32 * 1024;
const pageSize = config.get("pageSize") ?? "1G";
const cpuMode = config.get<"host-passthrough" | "maximum">("cpuMode") ?? "host-passthrough";

const vcpus = cpus.split(",").length;
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
    : new HostTuning("kvm-01", {
        connection,
        numaBalancing: false,
        cpuGovernor: "performance",
        hugepages: [{ size: pageSize, nodes: { 0: pages } }],
        // Pages of 1G are reserved by a boot.
        maxDisruption: "host-reboot",
        drain: { method: "shutdown", timeoutSeconds: 300 },
      });

const database = new VmCpuPlacement("db-server", {
  ...(host === undefined ? { connection } : { host }),
  domain,
  vcpus: { maximum: vcpus },
  vcpuPins: cpus,
  // A CPU of the memory's node: QEMU's threads reserve the pages before the guest starts.
  emulatorPin: emulatorCpus,
  numa: {
    mode: "strict",
    nodeset: "0",
    cells: [{ id: 0, vcpus: `0-${vcpus - 1}`, memoryMiB }],
  },
  cpu: {
    mode: cpuMode,
    cache: "passthrough",
    topology: { sockets: 1, cores: vcpus / 2, threads: 2 },
  },
  // Taken from the kernel directly (memfd), so that no hugetlbfs of this page size must be mounted, and all at the start.
  // What a locked domain may lock at most is computed: its memory, and room for QEMU itself.
  memoryBacking: { hugepages: [{ size: pageSize }], source: "memfd", allocation: "immediate", locked: true },
  // Pins are moved live. All else here needs the domain to be started anew.
  maxDisruption: "vm-restart",
});

export const verification = database.verification;
