/* A fleet of one host, in the versions that the chapters need. */
import type { TestHost } from "../../host/test-host";

/** In the order of the chapters. */
export const vms = {
  db: { vcpus: 2, memoryMiB: 64, pageSize: "2M", threadPolicy: "require" },
  web: { vcpus: 1, memoryMiB: 64, ioThreads: 1 },
  batch: { vcpus: 2, memoryMiB: 64, cpuPolicy: "shared" },
  cache: { vcpus: 1, memoryMiB: 64 },
  big: { vcpus: 2, memoryMiB: 64 },
} as const;

export type Vm = keyof typeof vms;

interface Parts {
  readonly planned: readonly Vm[];
  /** VMs that the program places: of a plan that is refused none. */
  readonly placed: readonly Vm[];
}

export function program({ host, port, hostKey }: TestHost, { planned, placed }: Parts): string {
  const wanted = Object.fromEntries(planned.map((name) => [name, vms[name]]));
  return `import * as pulumi from "@pulumi/pulumi";
import { HostTuning, PlacementPlan, VmCpuPlacement } from "pulumi-kvm-tuning";

const connection = {
  host: ${JSON.stringify(host)},
  port: ${port},
  user: "ops",
  privateKey: new pulumi.Config().requireSecret("privateKey"),
  hostKey: ${JSON.stringify(hostKey)},
};
const plan = new PlacementPlan("rack-7", {
  hosts: { "kvm-01": { connection, reserved: "0-1,4-5" } },
  vms: ${JSON.stringify(wanted)},
});
const host = new HostTuning("kvm-01", { connection, hugepages: plan.hugepages("kvm-01") });
for (const name of ${JSON.stringify(placed)}) {
  new VmCpuPlacement(name, { host, domain: name, ...plan.placement(name) });
}
export const map = plan.map;
export const mapSvg = plan.mapSvg;
export const why = pulumi.all(${JSON.stringify(placed)}.map((name) => plan.why(name)));
export const objective = plan.objective;
`;
}
