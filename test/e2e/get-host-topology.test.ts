/* getHostTopology in a program that the real CLI runs: preview, up, unknown and secret inputs, a host that is away. */
import { fixtureRoot, smallHost, type FixtureRoot } from "../support/fixture-root";
import { startSshHost, type SshHost } from "../support/ssh-host";
import { sysfs } from "../unit/linux/sysfs-tree";
import { createProject, type Project } from "./support/project";

jest.setTimeout(600_000);

const program = (lines: string): string => `import * as pulumi from "@pulumi/pulumi";
import { getHostTopology, getHostTopologyOutput } from "pulumi-kvm-tuning";
const config = new pulumi.Config();
const plain = { host: config.require("host"), port: config.requireNumber("port"), hostKey: config.require("hostKey"), dialErrorLimit: 1 };
const connection = { ...plain, privateKey: config.requireSecret("privateKey") };
${lines}
`;

let fixture: FixtureRoot;
let host: SshHost;
let project: Project;

beforeAll(async () => {
  const nodes = { 0: { cpus: "0-3", distance: "10", memoryKiB: 4194304 } };
  const files = sysfs({ online: "0-3", cores: ["0,2", "1,3"], sockets: ["0-3"], l3: ["0-3"], nodes });
  fixture = fixtureRoot({ ...smallHost, ...Object.fromEntries(files) });
  host = await startSshHost({ root: fixture.root });
  const { hostKey = "", privateKey = "" } = host.connection();
  project = await createProject({ name: "topology" });
  for (const [key, value] of [
    ["host", host.host],
    ["port", String(host.port)],
    ["hostKey", hostKey],
  ] as const)
    await project.pulumi(["config", "set", key, value]);
  await project.pulumi(["config", "set", "--secret", "privateKey"], { input: privateKey, hidden: true });
});

afterAll(async () => {
  await project.remove();
  await host.close();
  fixture.remove();
});

test("a preview and an update show it; a secret key makes no secret of it, and the state does not hold the key", async () => {
  await project.write({
    "index.ts": program(`
const topology = getHostTopologyOutput({ connection });
export const cores = topology.cores.apply((all) => all.map(({ threads }) => threads.join("+")).join(" "));
export const domainCpus = topology.isolation.domainCpus;
`),
  });
  const preview = await project.pulumi(["preview"]);
  expect(preview.stdout).toContain('cores     : "0+2 1+3"');
  expect(host.execs).toHaveLength(1);
  await project.pulumi(["up", "--skip-preview"]);
  expect(await project.outputs()).toEqual({ cores: "0+2 1+3", domainCpus: "0-3" });
  const state = JSON.stringify(await project.state());
  expect(state).toContain("0+2 1+3");
  expect(state).not.toContain("PRIVATE KEY");
});

test("awaited in the program, by plain values", async () => {
  const { privateKey = "" } = host.connection();
  await project.write({
    "index.ts": program(`
async function main() {
  const { nodes } = await getHostTopology({ connection: { ...plain, privateKey: process.env["TEST_KEY"]! } });
  return nodes.map(({ id, memoryKiB }) => \`\${id}: \${memoryKiB}\`);
}
export const nodes = main();
`),
  });
  const preview = await project.pulumi(["preview", "--diff"], { env: { TEST_KEY: privateKey }, hidden: true });
  expect(preview.stdout).toContain("0: 4194304");
});

test("behind a resource that does not exist yet it is unknown in the preview", async () => {
  await project.write({
    "index.ts": program(`
import { HostTuning } from "pulumi-kvm-tuning";
const tuning = new HostTuning("kvm-01", { connection, numaBalancing: false });
export const online = getHostTopologyOutput({ connection }, { dependsOn: tuning }).onlineCpus;
export const host = getHostTopologyOutput({ connection: { ...connection, host: tuning.hostId.apply(() => plain.host) } }).hostname;
`),
  });
  const preview = await project.pulumi(["preview"]);
  expect(preview.stdout).toMatch(/online +: \[unknown\]/);
  expect(preview.stdout).toMatch(/host +: \[unknown\]/);
});

test("a host that is away: the program ends with user, host, port and cause", async () => {
  await host.stopListening();
  await project.write({
    "index.ts": program("export const online = getHostTopologyOutput({ connection }).onlineCpus;\n"),
  });
  const preview = await project.pulumi(["preview"], { expectExitCode: "failure" });
  expect(preview.output).toContain(`root@127.0.0.1:${String(host.port)}: nothing listens on port`);
  expect(preview.output).not.toContain("PRIVATE KEY");
  await host.listenAgain();
});
