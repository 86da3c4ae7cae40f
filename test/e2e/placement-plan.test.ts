/*
 * A plan for a small fleet, by the real CLI on a real host: seen before there is a VM, carried out, verified from /proc,
 * drawn; one more VM moves nobody, and one too many is refused with the reason.
 */
import { XMLValidator } from "fast-xml-parser";

import { startClone, type TestHost } from "../host/test-host";
import { planLines, shows, showsNot } from "./story/expect";
import { guestXml, writeGuest } from "./support/guest";
import { createProject, type Project, type PulumiResult } from "./support/project";
import { program, vms, type Vm } from "./placement-plan/program";

jest.setTimeout(1_500_000);

let host: TestHost;
let project: Project;

beforeAll(async () => {
  project = await createProject({ name: "fleet" });
  host = await startClone({ name: "kvm-01" });
  await project.pulumi(["config", "set", "--secret", "privateKey"], { input: host.privateKey });
});

afterAll(async () => {
  await host.stop();
  await project.remove();
});

const virsh = "virsh -q -c qemu:///system";
const first = ["db", "web", "batch"] as const;
// The first preview has checked the types.
const env = { PULUMI_NODEJS_TRANSPILE_ONLY: "true" };

const write = (planned: readonly Vm[], placed = planned): Promise<void> =>
  project.write({ "index.ts": program(host, { planned, placed }) });
const up = (): Promise<PulumiResult> => project.pulumi(["up", "--yes", "--skip-preview"], { env });

/** As somebody else makes it: no pins, no nodes. */
async function define(name: Vm): Promise<void> {
  const image = `/var/lib/libvirt/images/${name}.img`;
  await writeGuest(host, image);
  const xml = `<domain type='qemu'><name>${name}</name><memory unit='MiB'>${vms[name].memoryMiB}</memory>
    <vcpu placement='static'>${vms[name].vcpus}</vcpu>
    <cpu mode='custom' match='exact'><model fallback='allow'>qemu64</model></cpu>
    ${guestXml(image)}</domain>`;
  await host.output(`${virsh} define /dev/stdin`, { input: xml });
}

/** Emulated in an emulated host, a start takes its time. */
async function start(...names: readonly Vm[]): Promise<void> {
  await host.output(names.map((name) => `${virsh} start ${name}`).join(" && "), { limitSeconds: 600 });
}

type Masks = Readonly<Record<string, string>>;

/** Thread -> CPUs that it may run on, of vCPUs, I/O threads and QEMU itself, from /proc. QEMU's workers come and go. */
async function masks(name: Vm): Promise<Masks> {
  const text = await host.output(
    `pid=$(cat /run/libvirt/qemu/${name}.pid) && { grep -hsE '^(Name|Cpus_allowed_list):' /proc/$pid/task/*/status; :; }`,
  );
  const found = [...text.matchAll(/Name:\t(.*)\nCpus_allowed_list:\t(.*)/g)].map(([, thread = "", cpus = ""]) => [
    thread,
    cpus,
  ]);
  return Object.fromEntries(
    found.filter(([thread]) => /^(CPU \d+\/TCG|IO iothread\d+|qemu-system-x86)$/.test(thread ?? "")).sort(),
  ) as Masks;
}

const pids = (): Promise<string> =>
  host.output(`cd /run/libvirt/qemu && cat ${first.map((name) => `${name}.pid`).join(" ")}`);

const places = {
  batch: "(absent) → kvm-01 node 0, vCPUs on (0-1), emulator on 0-1, 64 MiB  [none]",
  db: "(absent) → kvm-01 node 0, vCPUs on 2,3, emulator on 0-1, 64 MiB in pages of 2M  [none]",
  web: "(absent) → kvm-01 node 1, vCPUs on 6, emulator on 4-5, I/O threads on 4-5, 64 MiB  [none]",
};

test("all numbers are in the preview, before there is a VM or a huge page", async () => {
  await write(first);
  const { stdout, output } = await project.pulumi(["preview", "--diff"]);
  expect(planLines(stdout)).toMatchObject({
    ...places,
    "hugepages.2M.node0": "0 → 32  [live]",
    "vcpuPins.0": expect.stringMatching(/^\(absent\) → (2|6|0-1) {2}\[none\]$/) as string,
  });
  shows(output, 'there is no domain "db" yet');
  expect(await host.output(`${virsh} list --all --name`)).toBe("");
});

test("carried out, each thread runs where the plan says, and the memory lies where it says", async () => {
  for (const name of first) await define(name);
  await up();
  await start(...first);
  expect(await masks("db")).toEqual({ "CPU 0/TCG": "2", "CPU 1/TCG": "3", "qemu-system-x86": "0-1" });
  expect(await masks("web")).toEqual({ "CPU 0/TCG": "6", "IO iothread1": "4-5", "qemu-system-x86": "4-5" });
  expect(await masks("batch")).toEqual({ "CPU 0/TCG": "0-1", "CPU 1/TCG": "0-1", "qemu-system-x86": "0-1" });
  const maps = (name: Vm): string => `/proc/$(cat /run/libvirt/qemu/${name}.pid)/numa_maps`;
  expect(await host.output(`grep huge ${maps("db")} | grep -o 'N[0-9]*=[0-9]*'`)).toBe("N0=32");
  expect(await host.output(`grep -c 'bind:1' ${maps("web")}`)).not.toBe("0");
});

test("the second run changes nothing", async () => {
  const { stdout } = await up();
  shows(stdout, "6 unchanged");
  showsNot(stdout, "updated", "to update");
});

test("it is drawn, explained and proved, and no secret is in the state", async () => {
  const { map, mapSvg, why, objective } = await project.outputs();
  shows(
    String(map),
    "kvm-01  8 CPUs: 3 dedicated, 4 shared, 1 free",
    "db     kvm-01  2 vCPUs on 2-3; emulator on 0-1; 64 MiB of 2M pages on node 0",
    "web    kvm-01  1 vCPU on 6; emulator on 4-5; 1 I/O thread on 4-5; 64 MiB on node 1",
  );
  expect(XMLValidator.validate(String(mapSvg))).toBe(true);
  for (const name of first) expect(mapSvg).toContain(name);
  expect(why).toEqual(first.map(() => expect.stringMatching(/^on kvm-01, node \d: .*memory local\.$/) as string));
  const entries = objective as readonly { readonly value: number; readonly bound: number }[];
  expect(entries.filter(({ value, bound }) => value !== bound)).toEqual([]);
  expect(JSON.stringify(await project.state())).not.toContain(host.privateKey.split("\n")[1]);
});

test("a fourth VM moves none of the first three", async () => {
  await define("cache");
  const before = { pids: await pids(), masks: await Promise.all(first.map(masks)) };
  await write([...first, "cache"]);
  const { stdout } = await project.pulumi(["preview", "--diff"], { env });
  expect(planLines(stdout)).toEqual({
    cache: "(absent) → kvm-01 node 1, vCPUs on 7, emulator on 4-5, 64 MiB  [none]",
    "cpu.topology.cores": "(absent) → 1  [none]",
    "cpu.topology.sockets": "(absent) → 1  [none]",
    "cpu.topology.threads": "(absent) → 1  [none]",
    emulatorPin: "(absent) → 4-5  [none]",
    "numa.mode": "(absent) → strict  [none]",
    "numa.nodeset": "(absent) → 1  [none]",
    "vcpuPins.0": "(absent) → 7  [none]",
  });
  await up();
  await start("cache");
  expect({ pids: await pids(), masks: await Promise.all(first.map(masks)) }).toEqual(before);
  expect(await masks("cache")).toEqual({ "CPU 0/TCG": "7", "qemu-system-x86": "4-5" });
});

test("a fifth that cannot be is refused: what is short, where, by how much, and what to change", async () => {
  await write([...first, "cache", "big"], [...first, "cache"]);
  const { output } = await project.pulumi(["preview"], { env, expectExitCode: "failure" });
  shows(output, "resource 'rack-7' has a problem: vms: ", "kvm-01 can give 4", "short");
});
