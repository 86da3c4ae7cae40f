import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { createHosts } from "../../../provider/host/host-access";
import { createVmCpuPlacement } from "../../../provider/vm-cpu-placement/resource";
import type { Props, Resource, Run } from "../../../provider/resource";
import type { ExecRequest, ExecResult, Transport } from "../../../provider/transport/transport";
import { fixtureRoot, machineId, smallHost, type FixtureRoot } from "../../support/fixture-root";
import { localTransport, type LocalTransport } from "../../support/local-transport";

export const uuid = "11111111-2222-4333-8444-555555555555";
export const id = `${machineId}/${uuid}`;
export const secret = "CANARY-vnc-password";
export const urn = "urn:pulumi:prod::racks::pulumi-nodejs:dynamic/kvm-tuning:VmCpuPlacement::db";
const bin = join(__dirname, "stand-in");

export const definition = (name: string): string => `<domain type='kvm'>
  <name>${name}</name>
  <uuid>${uuid}</uuid>
  <!-- kept -->
  <vcpu placement='static'>2</vcpu>
  <devices>
    <graphics type='vnc' passwd='${secret}'/>
  </devices>
</domain>
`;

export interface FixtureHost {
  readonly fixture: FixtureRoot;
  readonly transport: LocalTransport;
  readonly resource: Resource;
  readonly warnings: string[];
  readonly run: Run;
  /** Commands that changed something since the last call. */
  calls(): readonly string[];
  inactive(): string;
  live(): string;
  pid(): string;
  /** Runs the stand-in by hand, as an administrator would. */
  virsh(...args: readonly string[]): void;
  /** Stands between the provider and the host, to lose a connection. */
  intercept: ((request: ExecRequest, exec: Transport["exec"]) => Promise<ExecResult>) | undefined;
  /** check, as the engine calls it before every create and update. */
  checked(inputs: Props, olds?: Props): Promise<{ inputs: Props; problems: readonly string[] }>;
  remove(): void;
}

/** Eight CPUs, two nodes, and one domain of two vCPUs, which may run. */
export function fixtureHost({ running, xml = definition("db") }: { running: boolean; xml?: string }): FixtureHost {
  const cpus = Object.fromEntries(
    [0, 1, 2, 3, 4, 5, 6, 7].flatMap((cpu) => [
      [`/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`, `${cpu}\n`],
      [`/sys/devices/system/cpu/cpu${cpu}/topology/core_siblings_list`, "0-7\n"],
    ]),
  ) as Record<string, string>;
  const fixture = fixtureRoot({
    ...smallHost,
    ...cpus,
    "/sys/devices/system/cpu/online": "0-7\n",
    "/sys/devices/system/cpu/possible": "0-7\n",
    "/sys/devices/system/cpu/present": "0-7\n",
    "/sys/devices/system/node/online": "0-1\n",
    "/sys/devices/system/node/node0/cpulist": "0-3\n",
    "/sys/devices/system/node/node1/cpulist": "4-7\n",
    [`/libvirt/${uuid}/inactive.xml`]: xml,
    [`/libvirt/${uuid}/pid`]: "4000",
    ...(running && { [`/libvirt/${uuid}/live.xml`]: xml }),
    "/libvirt/calls": "",
  });
  const transport = localTransport({ root: fixture.root, bin });
  const between: { intercept: FixtureHost["intercept"] } = { intercept: undefined };
  const reached: Transport = {
    ...transport,
    exec: (request) => between.intercept?.(request, transport.exec) ?? transport.exec(request),
  };
  const hosts = createHosts({ transport: () => Promise.resolve(reached), close: () => undefined });
  const resource = createVmCpuPlacement(hosts);
  const warnings: string[] = [];
  const run: Run = {
    urn,
    warn: (message) => Promise.resolve(void warnings.push(message)),
    progress: () => undefined,
  };
  const virsh = (...args: readonly string[]): void => {
    execFileSync(join(bin, "virsh"), ["-c", "qemu:///system", ...args], {
      env: { ...process.env, KVM_TUNING_ROOT: fixture.root },
    });
  };
  if (running) virsh("stand-in-threads", uuid);
  let seen = 0;
  return {
    fixture,
    transport,
    resource,
    warnings,
    run,
    virsh,
    get intercept() {
      return between.intercept;
    },
    set intercept(intercept) {
      between.intercept = intercept;
    },
    calls() {
      const all = fixture.read("/libvirt/calls").split("\n").slice(0, -1);
      const fresh = all.slice(seen);
      seen = all.length;
      return fresh;
    },
    inactive: () => fixture.read(`/libvirt/${uuid}/inactive.xml`),
    live: () => fixture.read(`/libvirt/${uuid}/live.xml`),
    pid: () => fixture.read(`/libvirt/${uuid}/pid`),
    async checked(inputs, olds) {
      const { computed, problems } = await resource.check({ olds, news: inputs, unknowns: [] }, run);
      return { inputs: { ...inputs, ...computed }, problems: problems.map(({ path, reason }) => `${path}: ${reason}`) };
    },
    remove: () => fixture.remove(),
  };
}
