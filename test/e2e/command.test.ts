/*
 * The kvm-tuning command on a real host with two domains: what is true passes, what is broken by hand is found, and the
 * program that `import` prints changes nothing when the real CLI runs it.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeOwnedFolder, removeOwnedFolder } from "../../scripts/lib/owned-folder";
import { startClone, type TestHost } from "../host/test-host";
import { guestXml, writeGuest } from "./support/guest";
import { readTree } from "./story/facts";
import { kvmTuning } from "../support/command";
import { ownDocuments } from "../support/domain-documents";
import { recordedForEmulation } from "../support/recorded-documents";
import { createProject, type Project } from "./support/project";

let host: TestHost;
let project: Project;

const domainXml = (name: string, cpus: readonly [number, number], image: string): string => `<domain type='qemu'>
  <name>${name}</name>
  <memory unit='MiB'>64</memory>
  <vcpu placement='static'>2</vcpu>
  <cputune>
    <vcpupin vcpu='0' cpuset='${cpus[0]}'/>
    <vcpupin vcpu='1' cpuset='${cpus[1]}'/>
    <emulatorpin cpuset='0-1'/>
  </cputune>
  <cpu mode='custom' match='exact'><model fallback='allow'>qemu64</model></cpu>
  ${guestXml(image)}
</domain>`;

beforeAll(async () => {
  project = await createProject({ name: "command" });
  host = await startClone({ name: "kvm-21" });
  for (const [name, cpus] of [
    ["db", [2, 3]],
    ["web", [6, 7]],
  ] as const) {
    const image = `/var/lib/libvirt/images/${name}.img`;
    await writeGuest(host, image);
    await host.output("virsh -q -c qemu:///system define /dev/stdin", { input: domainXml(name, cpus, image) });
    await host.output(`virsh -q -c qemu:///system start ${name}`, { limitSeconds: 120 });
  }
}, 600_000);
afterAll(async () => {
  await host.stop();
  await project.remove();
}, 60_000);

const command = (...argv: string[]) =>
  kvmTuning(argv, {
    KVM_TUNING_USER: "root",
    KVM_TUNING_PRIVATE_KEY: host.privateKey,
    KVM_TUNING_HOST_KEY: host.hostKey,
    KVM_TUNING_PORT: String(host.port),
  });

/** A tree without the records of who owns what. */
const withoutRecords = (tree: string): readonly string[] =>
  tree.split("\n").filter((line) => !line.includes(" var/lib/kvm-tuning"));

/** With nothing but a part of ssh's configuration for the host. */
async function byAlias(...argv: string[]) {
  const folder = await makeOwnedFolder("alias");
  const [config, known] = [join(folder, "config"), join(folder, "known_hosts")];
  const part = ["HostName 127.0.0.1", `Port ${host.port}`, "User root", `IdentityFile ${host.privateKeyPath}`];
  await writeFile(known, `kvm-21 ${host.hostKey}\n`);
  await writeFile(
    config,
    ["Host kvm-21", ...part, "HostKeyAlias kvm-21", `UserKnownHostsFile ${known}`, ""].join("\n"),
  );
  const result = await kvmTuning([...argv, "--ssh-config", config]);
  await removeOwnedFolder(folder);
  return result;
}

interface Found {
  readonly id: string;
  readonly subject: string;
  readonly verdict: string;
}

async function failed(...argv: string[]): Promise<readonly string[]> {
  const { out, err } = await command("verify", "127.0.0.1", "--json", ...argv);
  if (out === "") throw new Error(err);
  const { checks } = JSON.parse(out) as { checks: readonly Found[] };
  expect(checks.length).toBeGreaterThan(10);
  return checks.filter(({ verdict }) => verdict === "fail").map(({ id, subject }) => `${subject}: ${id}`);
}

const virsh = (line: string) => host.output(`virsh -q -c qemu:///system ${line}`);

test("topology, map, verify and the doctor, on a host that is well and on one that is not", async () => {
  const topology = await command("topology", "127.0.0.1");
  expect(topology.out).toContain("2 packages, 4 cores, CPUs 0-7");
  const alias = await byAlias("topology", "kvm-21");
  expect([alias.code, alias.err]).toEqual([0, ""]);
  expect(alias.out).toContain("2 packages, 4 cores, CPUs 0-7");
  const map = await command("map", "127.0.0.1");
  expect(map.err).toBe("");
  expect(map.out).toMatch(/db/);

  expect(await failed()).toEqual([]);
  // Threads of an emulated guest migrate nowhere in two seconds, and idle ones wait for nobody.
  const watched = await failed("--watch", "2", "--domain", "db");
  expect(watched.filter((one) => /domain\.|thread\.(cpu|migrations)/.test(one))).toEqual([]);

  // Somebody moves a thread, out of its cgroup's bounds too, and pins one domain in its definition alone.
  const tid = await host.output("grep -l 'CPU 0/' /proc/$(cat /run/libvirt/qemu/db.pid)/task/*/comm | cut -d/ -f5");
  const cgroup = await host.output("find /sys/fs/cgroup/machine.slice -path '*db*/vcpu0/cpuset.cpus'");
  await host.output(`echo 0-7 > '${cgroup}' && taskset -pc 0-7 ${tid}`);
  await virsh("vcpupin web 1 5 --config");
  expect((await failed()).toSorted()).toEqual(["db: domain.vcpuPins", "web: domain.vcpuPins"]);
  const doctor = await command("doctor", "127.0.0.1");
  expect(doctor.code).toBe(1);
  expect(doctor.out).toContain("pinning does not hold");
  expect(doctor.out).toContain("isolation.pinned");
  const checklist = await command("doctor", "127.0.0.1", "--checklist", "--json");
  expect((JSON.parse(checklist.out) as unknown[]).length).toBe(8);
  await virsh("vcpupin db 0 2 --live");
  await virsh("vcpupin web 1 7 --config");
  expect(await failed()).toEqual([]);

  // Two domains on one CPU; a libvirt that does not answer.
  const found = async () => {
    const { out } = await command("doctor", "127.0.0.1", "--json");
    return (JSON.parse(out) as readonly { id: string; text: string }[]).map(({ id, text }) => `${id}: ${text}`);
  };
  const usual = await found();
  expect(usual.filter((one) => /conflict|dedicated to domain|libvirt/.test(one))).toEqual([]);
  await virsh("vcpupin web 1 3 --live --config");
  expect((await found()).filter((one) => !usual.includes(one)).join("\n")).toMatch(/dedicated to domain "(db|web)"/);
  await virsh("vcpupin web 1 7 --live --config");
  await host.output("systemctl stop libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket libvirtd.service");
  expect((await found()).filter((one) => one.startsWith("libvirt: "))).toHaveLength(1);
  await host.output("systemctl start libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket");
  expect(await found()).toEqual(usual);

  const move = await command("migrate-check", "--domain", "db", "--from", "127.0.0.1", "--to", "127.0.0.1", "--json");
  const { checks, there } = JSON.parse(move.out) as { checks: readonly Found[]; there: object };
  expect(checks.filter(({ verdict }) => verdict !== "pass")).toEqual([]);
  expect(there).toHaveProperty("placed");

  const wrong = await command("verify", "127.0.0.1", "--domain", "dbb");
  expect([wrong.code, wrong.err]).toEqual([3, 'kvm-tuning: there is no domain "dbb" on this host\n']);
}, 600_000);

test("import: the program changes nothing", async () => {
  const before = await readTree(host);
  const { out, code } = await command("import", "127.0.0.1");
  expect(code).toBe(0);
  expect(out).toContain('vcpuPins: { 0: "2", 1: "3" }');
  await project.pulumi(["config", "set", "--secret", "privateKey", "--", host.privateKey]);
  await project.write({ "index.ts": out });
  const preview = await project.pulumi(["preview", "--diff"]);
  expect(preview.stdout).not.toMatch(/→/);
  expect(preview.stdout.match(/impact *: "none"/g)?.length).toBe(3);
  await project.pulumi(["up", "--yes", "--skip-preview"]);
  expect(withoutRecords(await readTree(host))).toEqual(withoutRecords(before));
  await project.pulumi(["preview", "--expect-no-changes"]);
  await project.pulumi(["destroy", "--yes", "--skip-preview"]);
  expect(await readTree(host)).toBe(before);
}, 600_000);

/** Of ours, and where they are there recorded ones: each under a name and an identity of its own. */
async function defineMore(count: number): Promise<readonly string[]> {
  const folder = await makeOwnedFolder("import");
  const own = ownDocuments(40, { type: "qemu", cpuModes: ["host-model", "maximum"], resctrl: false });
  const recorded = recordedForEmulation(folder, 60).map(({ xml }) => xml);
  const defined: string[] = [];
  for (const xml of [...own.slice(0, 5), ...recorded, ...own.slice(5)]) {
    if (defined.length === count) break;
    const name = `more-${defined.length}`;
    const named = xml.replace(/<uuid>[^<]*<\/uuid>/, "").replace(/<name>[^<]*<\/name>/, `<name>${name}</name>`);
    const { code } = await host.ssh("virsh -q -c qemu:///system define /dev/stdin", { input: named });
    if (code === 0) defined.push(name);
  }
  await removeOwnedFolder(folder);
  return defined;
}

test("import of a tuned host with many domains: the program changes nothing", async () => {
  const tuned = `import * as pulumi from "@pulumi/pulumi";
import { HostTuning } from "pulumi-kvm-tuning";
new HostTuning("kvm-21", {
  connection: { host: "${host.host}", port: ${host.port}, user: "root", hostKey: "${host.hostKey}", privateKey: new pulumi.Config().requireSecret("privateKey") },
  numaBalancing: false,
  cpuGovernor: "performance",
  hugepages: [{ size: "2M", nodes: { 0: 64, 1: 32 } }],
  sysctl: { "vm.swappiness": 7 },
  onDelete: "retain",
});
`;
  await project.write({ "index.ts": tuned });
  await project.pulumi(["up", "--yes", "--skip-preview"]);
  await project.pulumi(["destroy", "--yes", "--skip-preview"]);
  const more = await defineMore(10);
  expect(more).toHaveLength(10);
  const before = await readTree(host);

  const { out, err, code } = await command("import", "127.0.0.1");
  expect([code, err]).toEqual([0, ""]);
  for (const words of [
    "numaBalancing: false",
    'cpuGovernor: "performance"',
    "nodes: { 0: 64, 1: 32 }",
    '"vm.swappiness": "7"',
  ])
    expect(out).toContain(words);
  for (const name of more) expect(out).toContain(`new VmCpuPlacement("${name}"`);
  await project.write({ "index.ts": out });
  const preview = await project.pulumi(["preview", "--diff"]);
  expect(preview.stdout).not.toMatch(/→/);
  expect(preview.stdout.match(/impact *: "none"/g)?.length).toBe(13);
  await project.pulumi(["up", "--yes", "--skip-preview"]);
  expect(withoutRecords(await readTree(host))).toEqual(withoutRecords(before));
  await project.pulumi(["preview", "--expect-no-changes"]);
}, 600_000);
