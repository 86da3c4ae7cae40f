/* The Pulumi program of the story, in the versions that its chapters need. */

export interface ProgramParts {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly hostKey: string;
  /** The arguments of HostTuning besides `connection`, as source text. */
  readonly tuning: string;
  /** What follows it. */
  readonly more?: string;
}

/** Every part of a host that a guest feels: memory, clock, and who else runs on its CPUs. */
export const peacefulTuning = `
  numaBalancing: false,
  cpuGovernor: "performance",
  sysctl: { "vm.swappiness": 10, "kernel.timer_migration": 0 },
  hugepages: [{ size: "2M", nodes: { 0: 128, 1: 64 } }],
  ksm: "on",
  irqAffinity: { default: "0-1,4-5" },
  workqueueCpus: "0-1,4-5",`;

/** A daemon that moves memory between nodes is stopped. */
export const wholeTuning = `${peacefulTuning}
  conflicts: "takeOver",`;

/** One sysctl has left the program. */
export const lessTuning = wholeTuning.replace(', "kernel.timer_migration": 0', "");

/** What a kernel can only be given at boot. */
const bootTuning = `
  isolation: { cpus: "2-3,6-7", managedIrq: true, nohzFull: true, rcuNocbs: true },
  kernelArguments: { "transparent_hugepage": "madvise" },`;

export const refusedTuning = `${lessTuning.replace(" }],", ' }, { size: "1G", nodes: { 1: 1 } }],')}${bootTuning}`;

export const bootedTuning = `${refusedTuning}
  maxDisruption: "host-reboot",
  drain: { method: "shutdown", timeoutSeconds: 60 },`;

/** The domain's vCPUs on isolated CPUs, one each; QEMU's own threads beside the host's. */
export const placement = `
new VmCpuPlacement("db", {
  host,
  domain: "db",
  vcpuPins: { 0: "2", 1: "6", 2: "3", 3: "7" },
  emulatorPin: "0-1",
  iothreads: [{ id: 1, cpus: "4" }],
});
`;

/** The key and its passphrase come from the stack's secret configuration. */
export function program({ host, port, user, hostKey, tuning, more = "" }: ProgramParts): string {
  return `import * as pulumi from "@pulumi/pulumi";
import { HostTuning${more === "" ? "" : ", VmCpuPlacement"} } from "pulumi-kvm-tuning";

const config = new pulumi.Config();
const host = new HostTuning("kvm-01", {
  connection: {
    host: ${JSON.stringify(host)},
    port: ${port},
    user: ${JSON.stringify(user)},
    privateKey: config.requireSecret("privateKey"),
    privateKeyPassword: config.requireSecret("privateKeyPassword"),
    hostKey: ${JSON.stringify(hostKey)},
  },${tuning}
});
${more}
export const actual = host.actual;
`;
}
