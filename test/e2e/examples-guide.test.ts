/*
 * The examples of a database server, a real-time guest and a large guest, as they are in examples/: applied to a real
 * host, with the settings for a small host of their READMEs; and all three in one program, which is refused.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { startClone, type TestHost } from "../host/test-host";
import { shows } from "./story/expect";
import { guestXml, writeGuest } from "./support/guest";
import { createProject, type Project, type PulumiOptions, type PulumiResult } from "./support/project";

jest.setTimeout(600_000);

const names = ["db-server", "rt-app", "large-vm"] as const;
type Name = (typeof names)[number];

const root = join(__dirname, "..", "..");
const read = (name: Name, file: string): Promise<string> => readFile(join(root, "examples", name, file), "utf8");
const virsh = "virsh -q -c qemu:///system";

let host: TestHost;
const projects: Project[] = [];

/** Smaller than what the examples make of them. */
const xml = (name: Name, image: string): string => `<domain type='qemu'>
  <name>${name}</name>
  <memory unit='MiB'>64</memory>
  <vcpu>1</vcpu>
  ${guestXml(image)}
</domain>`;

beforeAll(async () => {
  host = await startClone({ name: "kvm-01" });
  for (const name of names) {
    const image = `/var/lib/libvirt/images/${name}.img`;
    await writeGuest(host, image);
    await host.output(`${virsh} define /dev/stdin`, { input: xml(name, image) });
  }
});

afterAll(async () => {
  await host.stop();
  for (const project of projects) await project.remove();
});

// Types are checked by the first test.
const env = { PULUMI_NODEJS_TRANSPILE_ONLY: "true" };

interface Program {
  pulumi(args: readonly string[], options?: PulumiOptions): Promise<PulumiResult>;
  readonly project: Project;
}

async function open(name: string, files: Readonly<Record<string, string>>): Promise<Program> {
  const project = await createProject({ name });
  projects.push(project);
  await project.write(files);
  return { project, pulumi: (args, options) => project.pulumi(args, { env, ...options }) };
}

async function configure({ project }: Program, settings: readonly (readonly string[])[], prefix = ""): Promise<void> {
  const reached = { host: host.host, port: String(host.port), hostKey: host.hostKey };
  const all = [...settings, ["cpuMode", "maximum"], ...Object.entries(reached)];
  const plain = all.flatMap(([name = "", value = ""]) => ["--plaintext", `${prefix}${name}=${value}`]);
  await project.pulumi(["config", "set-all", "--path", ...plain]);
  await project.pulumi(["config", "set", "--secret", `${prefix}privateKey`], { input: host.privateKey });
}

/** The README's lines for a small host. */
async function settingsOf(name: Name): Promise<readonly (readonly string[])[]> {
  const lines = (await read(name, "README.md")).matchAll(/^pulumi config set (?:--path )?'?([\w[\]]+)'? (\S+)$/gm);
  return [...lines].map(([, key = "", value = ""]) => [key, value]);
}

async function openExample(name: Name): Promise<Program> {
  const program = await open(`kvm-tuning-${name}`, {
    "index.ts": await read(name, "index.ts"),
    "Pulumi.yaml": await read(name, "Pulumi.yaml"),
  });
  await configure(program, await settingsOf(name));
  return program;
}

async function verified({ project }: Program): Promise<ReadonlyMap<string, string>> {
  const { verification } = await project.outputs();
  const all = verification as readonly { readonly check: string; readonly actual: string; readonly verdict: string }[];
  expect(all.filter(({ verdict }) => verdict !== "pass")).toEqual([]);
  return new Map(all.map(({ check, actual }) => [check, actual]));
}

/** Guest -> memory and pages of one NUMA policy, by the kernel. */
const hugePages = async (name: Name): Promise<readonly string[]> => {
  const text = await host.output(`grep huge /proc/$(cat /run/libvirt/qemu/${name}.pid)/numa_maps`);
  return text.split("\n").map((line) => `${line.split(" ")[1] ?? ""} ${/\bN\d+=\d+/.exec(line)?.[0] ?? ""}`);
};

/** Sizes in the proportion of the examples' defaults. One HostTuning tunes a host, "with the pages of both". */
const memory: Readonly<Record<Name, string>> = { "rt-app": "128", "db-server": "256", "large-vm": "512" };
const pagesOfBoth = "nodes: { 0: 128, 1: 64 }";

async function combined(): Promise<Readonly<Record<string, string>>> {
  const source = async (name: Name): Promise<string> =>
    (await read(name, "index.ts")).replace("new pulumi.Config()", `new pulumi.Config("${name}")`);
  const guest = async (name: Name): Promise<string> =>
    (await source(name))
      .replace(/^const host =.*?^ {6}\}\);$/ms, 'import { host } from "./rt-app";')
      .replace("import { HostTuning, ", "import { ");
  return {
    "rt-app.ts": (await source("rt-app"))
      .replace("const host =", "export const host =")
      .replace("nodes: { 1: pages }", pagesOfBoth),
    "db-server.ts": `${await guest("db-server")}export { database };\n`,
    // Last, for it is the one too many.
    "large-vm.ts": `import { database } from "./db-server";\n${await guest("large-vm")}`.replace(
      /^\}\);$/m,
      "}, { dependsOn: [database] });",
    ),
    "index.ts": 'import "./rt-app";\nimport "./db-server";\nimport "./large-vm";\n',
  };
}

test("all three on one host are refused, with the conflicts that docs/vm-placement.md shows", async () => {
  const program = await open("guide", await combined());
  for (const name of names)
    await configure(program, [...(await settingsOf(name)), ["memoryMiB", memory[name]]], `${name}:`);
  const { output } = await program.pulumi(["preview", "--color", "never"], { expectExitCode: "failure", env: {} });
  const documented = await readFile(join(root, "docs", "vm-placement.md"), "utf8");
  const conflicts = /All three on one host are refused[^`]*```\n(.*?)\n```/s.exec(documented)?.[1];
  const found = new Set(output.match(/resource '[\w-]+' has a problem: .*/g));
  expect([...found].sort()).toEqual(conflicts?.split("\n").sort());
});

test("db-server: two vCPUs on a core of node 0, all memory in its huge pages, locked", async () => {
  await host.output(`${virsh} start db-server`);
  const program = await openExample("db-server");
  await program.pulumi(["up", "--yes"]);
  const found = await verified(program);
  expect(found.get("vcpuPins.1")).toBe("3");
  expect(await hugePages("db-server")).toEqual(["bind:0 N0=128"]);
  await program.pulumi(["destroy", "--yes", "--skip-preview"]);
  await host.output(`${virsh} destroy db-server`);
});

test("large-vm: half of the vCPUs and of the memory on each node", async () => {
  await host.output(`${virsh} start large-vm`);
  const program = await openExample("large-vm");
  await program.pulumi(["up", "--yes"]);
  const found = await verified(program);
  expect(found.get("vcpuPins.3")).toBe("7");
  expect((await hugePages("large-vm")).toSorted()).toEqual(["bind:0 N0=128", "bind:1 N1=128"]);
  await program.pulumi(["destroy", "--yes", "--skip-preview"]);
  await host.output(`${virsh} destroy large-vm`);
});

test("rt-app: a boot isolates the cores, and the vCPU runs there under SCHED_FIFO", async () => {
  const program = await openExample("rt-app");
  await program.pulumi(["up", "--yes"]);
  await host.output(`${virsh} start rt-app`);
  expect(await host.output("cat /sys/devices/system/cpu/isolated /proc/sys/kernel/sched_rt_runtime_us")).toBe(
    "6-7\n-1",
  );
  const thread = "task=$(grep -l 'CPU 0/TCG' /proc/$(cat /run/libvirt/qemu/rt-app.pid)/task/*/comm)";
  const policy = "chrt -p $(basename $(dirname $task)); grep Cpus_allowed_list $(dirname $task)/status";
  shows(await host.output(`${thread}; ${policy}`), "SCHED_FIFO", "priority: 1", "Cpus_allowed_list:\t6");
  expect(await hugePages("rt-app")).toEqual(["bind:1 N1=128"]);
  await program.pulumi(["preview", "--expect-no-changes"]);
});
