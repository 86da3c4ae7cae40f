/* The Pulumi program of the story, in the versions that its chapters need. */

export interface ProgramParts {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly hostKey: string;
  /** The arguments of HostTuning besides `connection`, as source text. */
  readonly tuning: string;
}

export const wholeTuning = `
  numaBalancing: false,
  cpuGovernor: "performance",
  sysctl: { "vm.swappiness": 10, "kernel.timer_migration": 0 },
  hugepages: [{ size: "2M", nodes: { 0: 128, 1: 64 } }],`;

/** One sysctl has left the program. */
export const lessTuning = wholeTuning.replace(', "kernel.timer_migration": 0', "");

/** The key and its passphrase come from the stack's secret configuration. */
export function program({ host, port, user, hostKey, tuning }: ProgramParts): string {
  return `import * as pulumi from "@pulumi/pulumi";
import { HostTuning } from "pulumi-kvm-tuning";

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

export const actual = host.actual;
`;
}
