/* A stack of many hosts, made from one: a real `up` of a host with ten domains, its state and its answers, repeated. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { machineId } from "../../test/support/fixture-root";
import { generateKey, startSshHost, type SshHost } from "../../test/support/ssh-host";
import { definition, fixtureHost, type FixtureHost } from "../../test/integration/vm-cpu-placement/fixture-host";
import { createProject, type Project } from "../../test/e2e/support/project";
import type { StateWeight } from "../results-schema";
import { normalised, type Recording } from "./recording";

export const vmsPerHost = 10;
const first = "bench-host-0000";
const bin = join(__dirname, "../../test/integration/vm-cpu-placement/stand-in");

export const nameOf = (index: number): string => `bench-host-${String(index).padStart(4, "0")}`;
export const machineOf = (index: number): string =>
  index === 0 ? machineId : `${String(index).padStart(8, "0")}${machineId.slice(8)}`;

const program = `import * as fs from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { HostTuning, PlacementPlan, VmCpuPlacement } from "pulumi-kvm-tuning";

interface Given { hosts: { name: string; port: number }[]; hostKey: string; vms: number; planned: boolean }
const { hosts, hostKey, vms, planned }: Given = JSON.parse(fs.readFileSync("hosts.json", "utf8"));
const privateKey = new pulumi.Config().requireSecret("privateKey");
const to = (port: number) => ({ host: "127.0.0.1", port, user: "root", hostKey, privateKey });
let plan: pulumi.Resource[] = [];
if (planned) {
  const known = Object.fromEntries(hosts.map(({ name, port }) => [name, { connection: to(port), reserved: "0", shared: "0-3" }]));
  plan = [new PlacementPlan("plan", { hosts: known, vms: { spare: { vcpus: 1, memoryMiB: 64, cpuPolicy: "shared" } } })];
}
for (const { name, port } of hosts) {
  const host = new HostTuning(name, {
    connection: to(port),
    sysctl: { "vm.swappiness": 10 },
  }, { dependsOn: plan });
  for (let vm = 0; vm < vms; vm++)
    new VmCpuPlacement(\`\${name}-vm-\${vm}\`, { host, domain: \`vm-\${vm}\`, vcpuPins: { 0: "1-3", 1: "1-3" } });
}
`;

interface Deployment {
  readonly version: number;
  readonly deployment: { readonly resources: readonly object[] };
}

export interface Fleet {
  readonly project: Project;
  /** Of the state. */
  readonly weight: StateWeight;
  readonly recording: Omit<Recording, "hosts">;
  /** Writes the program's hosts, and the state as an `up` of them would have left it; `new`: an empty one. */
  deploy(ports: readonly number[], state: "applied" | "new" | "newWithPlan"): Promise<void>;
  remove(): Promise<void>;
}

export async function recordFleet(): Promise<Fleet> {
  const uuid = (index: number) => `11111111-2222-4333-8444-${String(index).padStart(12, "0")}`;
  const domains = [...Array(vmsPerHost).keys()].map((index) => ({
    uuid: uuid(index),
    running: true,
    xml: definition(`vm-${index}`, { uuid: uuid(index), memoryMiB: 512 }),
  }));
  const fixture = fixtureHost({
    running: false,
    others: domains,
    files: {
      "/proc/sys/vm/swappiness": "60\n",
      "/etc/hostname": `${first}\n`,
      "/run/libvirtd.pid": "1\n",
      "/proc/sys/kernel/hostname": `${first}\n`,
    },
  });
  const key = generateKey();
  const host = await startSshHost({ root: fixture.fixture.root, bin, hostKeys: [key] });
  const project = await createProject({ name: "many-hosts" });
  try {
    await project.pulumi(["config", "set", "--secret", "privateKey", "--", host.clientKey.private]);
    await project.write({ "index.ts": program });
    const write = (names: readonly string[], ports: readonly number[], planned = false) => {
      const hosts = names.map((name, index) => ({ name, port: ports[index] }));
      return project.write({ "hosts.json": JSON.stringify({ hosts, hostKey: key.public, vms: vmsPerHost, planned }) });
    };
    await write([first], [host.port]);
    await project.pulumi(["up", "--yes", "--skip-preview"]);
    const exported = (await project.state()) as Deployment;
    const use = async (state: Deployment) => {
      await project.write({ "state.json": JSON.stringify(state) });
      await project.pulumi(["stack", "import", "--file", "state.json"]);
    };
    const applied = await recordAnswers(["preview", "--refresh", "--expect-no-changes"], { project, host, fixture });
    await use(withResources(exported, []));
    const fresh = await recordAnswers(["preview"], { project, host, fixture });
    await write([first], [host.port], true);
    const planned = await recordAnswers(["preview"], { project, host, fixture });
    const answers = { ...planned, ...fresh, ...applied };
    return {
      project,
      weight: weightOf(exported),
      recording: { name: first, machineId, hostKey: key.private, answers },
      async deploy(ports, state) {
        await write(
          ports.map((_, index) => nameOf(index)),
          ports,
          state === "newWithPlan",
        );
        const whole =
          state !== "applied" ? withResources(exported, []) : repeated(exported, { ports, from: host.port });
        await use(whole);
      },
      remove: () => project.remove(),
    };
  } finally {
    await host.close();
    fixture.remove();
  }
}

interface Recorded {
  readonly project: Project;
  readonly host: SshHost;
  readonly fixture: FixtureHost;
}

/** What the host answers in a run that changes nothing there: each command is run once more for its output. */
async function recordAnswers(
  args: readonly string[],
  { project, host, fixture: { fixture } }: Recorded,
): Promise<Readonly<Record<string, string>>> {
  const before = host.execs.length;
  await project.pulumi(args);
  const commands = host.execs.slice(before).map(({ command }) => command);
  const env = { ...process.env, KVM_TUNING_ROOT: fixture.root, PATH: `${bin}:${process.env["PATH"] ?? ""}` };
  const answers: Record<string, string> = {};
  for (const command of commands) {
    const { key, nonce } = normalised(command);
    const text = execFileSync("/bin/sh", ["-c", command], { env, cwd: fixture.root, encoding: "utf8" });
    const answer = nonce === "" ? text : text.replaceAll(nonce, "{nonce}");
    if (answer.length > (answers[key]?.length ?? 0)) answers[key] = answer;
  }
  return answers;
}

const withResources = (state: Deployment, resources: readonly object[]): Deployment => ({
  ...state,
  deployment: { ...state.deployment, resources },
});

/** The stack itself once, everything else for each host. */
function repeated(state: Deployment, { ports, from }: { ports: readonly number[]; from: number }): Deployment {
  const texts = state.deployment.resources.map((one) => JSON.stringify(one));
  const own = texts.filter((text) => text.includes(first));
  const common = texts.filter((text) => !text.includes(first));
  const all = ports.flatMap((port, index) =>
    own.map((text) =>
      text
        .replaceAll(first, nameOf(index))
        .replaceAll(machineId, machineOf(index))
        .replaceAll(`"port":${from}`, `"port":${port}`),
    ),
  );
  return withResources(
    state,
    [...common, ...all].map((text) => JSON.parse(text) as object),
  );
}

/** Bytes of the state that a host and a VM add, and of the provider's own text in each. */
function weightOf({ deployment: { resources } }: Deployment): StateWeight {
  const texts = resources.map((one) => JSON.stringify(one));
  const size = (type: string) => texts.find((text) => text.includes(`:${type}"`))?.length ?? 0;
  const provider = /"__provider":"((?:[^"\\]|\\.)*)"/.exec(texts.join(""))?.[1]?.length ?? 0;
  return { hostBytes: size("HostTuning"), vmBytes: size("VmCpuPlacement"), providerBytes: provider };
}
