/* The Pulumi program of the chapters, in the versions that they need. */
import type { TestHost } from "../../host/test-host";

/** All that libvirt changes while the domain runs. */
export const live = {
  vcpus: { current: 3 },
  vcpuPins: "2,3,6,7",
  emulatorPin: "0-1,4-5",
  iothreads: [{ id: 1, cpus: "4" }, { id: 2 }],
  cpuShares: 2048,
  cpuBandwidth: { periodMicroseconds: 50000, quotaMicroseconds: 40000 },
  numa: { mode: "restrictive", nodeset: "0-1" },
  memoryBacking: { hardLimitMiB: 640 },
};

const cell = (id: number): object => ({
  id,
  vcpus: `${2 * id}-${2 * id + 1}`,
  memoryMiB: 64,
  mode: "strict",
  nodeset: String(id),
});

/** What QEMU has to be started for. */
export const started = {
  ...live,
  vcpus: { current: 4 },
  iothreads: [
    { id: 1, cpus: "4" },
    { id: 2, cpus: "5", scheduler: { scheduler: "batch" } },
  ],
  vcpuScheduler: [{ vcpus: "0-3", scheduler: "fifo", priority: 1 }],
  numa: { mode: "strict", nodeset: "0-1", cells: [{ ...cell(0), distances: { 1: 21 } }, cell(1)] },
  cpu: {
    mode: "custom",
    model: "qemu64",
    features: { smep: "require", svm: "disable" },
    topology: { sockets: 2, cores: 1, threads: 2 },
  },
  memoryBacking: { hugepages: [{ size: "2M" }], locked: true, nosharepages: true, allocation: "immediate" },
};

/** A limit that has room for the guest, but not for all that QEMU maps: mlockall fails. */
export const tooLittle = {
  ...started,
  memoryBacking: { ...started.memoryBacking, nosharepages: false, hardLimitMiB: 400 },
};

export const consent = { maxDisruption: "vm-restart", shutdownTimeoutSeconds: 60 };

interface Parts {
  readonly placement: object;
  /** Whether the program makes the huge pages too. */
  readonly pages: boolean;
}

export function program({ host, port, hostKey }: TestHost, { placement, pages }: Parts): string {
  const tuning = `const host = new HostTuning("kvm-01", { connection, hugepages: [{ size: "2M", nodes: { 0: 32, 1: 32 } }] });`;
  return `import * as pulumi from "@pulumi/pulumi";
import { HostTuning, VmCpuPlacement } from "pulumi-kvm-tuning";

const connection = {
  host: ${JSON.stringify(host)},
  port: ${port},
  user: "ops",
  privateKey: new pulumi.Config().requireSecret("privateKey"),
  hostKey: ${JSON.stringify(hostKey)},
};
${pages ? tuning : ""}
const db = new VmCpuPlacement("db", {
  ${pages ? "host" : "connection"},
  domain: "db",
  ...${JSON.stringify(placement, null, 2)} as const,
});
export const verification = db.verification;
export const undo = db.undo;
`;
}
