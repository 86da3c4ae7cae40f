/* The same work as a stack: the program and its runs by the real CLI. */
import type { TestHost } from "../../test/host/test-host";
import { createProject } from "../../test/e2e/support/project";
import { planLines } from "../../test/e2e/story/expect";
import { timed } from "../statistics";

const program = (host: TestHost, port: number): string => `import * as pulumi from "@pulumi/pulumi";
import { HostTuning, VmCpuPlacement } from "pulumi-kvm-tuning";

const host = new HostTuning("kvm-01", {
  connection: {
    host: "127.0.0.1",
    port: ${port},
    user: "root",
    privateKey: new pulumi.Config().requireSecret("privateKey"),
    hostKey: ${JSON.stringify(host.hostKey)},
  },
  sysctl: { "vm.swappiness": 10, "vm.zone_reclaim_mode": 0 },
  hugepages: [{ size: "2M", nodes: { 0: 64, 1: 32 } }],
  cpuGovernor: "performance",
  kernelArguments: { transparent_hugepage: "madvise", nmi_watchdog: "0" },
  whenExceeded: "stage",
  trialBoot: "off",
});
new VmCpuPlacement("db", {
  host,
  domain: "db",
  vcpuPins: { 0: "2", 1: "6", 2: "3", 3: "7" },
  emulatorPin: "0-1",
});
`;

export interface Stack {
  /** Seconds of the CLI, and the settings that it shows. */
  run(args: readonly string[]): Promise<{ readonly seconds: number; readonly plan: Readonly<Record<string, string>> }>;
  remove(): Promise<void>;
}

export async function stackFor(host: TestHost, port: number): Promise<Stack> {
  const project = await createProject({ name: "one-host" });
  await project.pulumi(["config", "set", "--secret", "privateKey"], { input: host.privateKey });
  await project.write({ "index.ts": program(host, port) });
  return {
    async run(args) {
      const { seconds, result } = await timed(() => project.pulumi(args));
      return { seconds, plan: planLines(result.stdout) };
    },
    remove: () => project.remove(),
  };
}
