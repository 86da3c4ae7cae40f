/* What the workflow of examples/ci runs, run for real: its npm scripts, its program and its stack, on a test host. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { startClone, type TestHost } from "../host/test-host";
import { createProject, type Project, type PulumiResult } from "./support/project";

jest.setTimeout(600_000);

const example = join(__dirname, "..", "..", "examples", "ci");
const read = (name: string): Promise<string> => readFile(join(example, name), "utf8");

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
}

const manifest = async (): Promise<Manifest> => JSON.parse(await read("package.json")) as Manifest;

test("the workflow runs the scripts of package.json, each after npm ci, and pulumi by no other way", async () => {
  const workflow = await read(".github/workflows/kvm-tuning.yml");
  const { scripts } = await manifest();
  const commands = [...workflow.matchAll(/^ +(?:- )?run: (?!\|)(.*)$/gm)].map(([, command = ""]) => command);
  expect(commands).toEqual([
    "npm ci",
    "npm run --silent preview 2>&1 | tee preview.txt",
    "npm ci",
    "npm run --silent up",
    "npm ci",
    "npm run --silent drift",
  ]);
  expect(Object.keys(scripts)).toEqual(["preview", "up", "drift"]);
  expect(workflow).not.toMatch(/\bpulumi (preview|up|refresh|destroy)\b(?!:)/);
});

describe("the scripts, on a host", () => {
  let host: TestHost;
  let project: Project;

  beforeAll(async () => {
    project = await createProject({ name: "kvm-hosts" });
    host = await startClone({ name: "kvm-01" });
    await project.write({
      "index.ts": await read("index.ts"),
      "Pulumi.yaml": await read("Pulumi.yaml"),
      "package.json": JSON.stringify({ ...(await manifest()), dependencies: {} }),
    });
    await project.pulumi(["config", "set", "--path", "hosts[0].name", "kvm-01"]);
    await project.pulumi(["config", "set", "--path", "hosts[0].address", host.host]);
    await project.pulumi(["config", "set", "--path", "hosts[0].port", String(host.port)]);
    await project.pulumi(["config", "set", "--path", "hosts[0].hostKey", host.hostKey]);
    await project.pulumi(["config", "set", "--secret", "privateKey"], { input: host.privateKey });
    await project.pulumi(["stack", "unselect"]);
  });

  afterAll(async () => {
    await host.stop();
    await project.remove();
  });

  // As on a runner: the stack comes from the environment, and nothing but the script's own flags answers questions.
  const env = { PULUMI_STACK: "test", PULUMI_SKIP_CONFIRMATIONS: "false" };
  const script = (name: string, expectExitCode = 0): Promise<PulumiResult> =>
    project.run(["npm", "run", "--silent", name], { env, expectExitCode });
  const swappiness = (): Promise<string> => host.output("cat /proc/sys/vm/swappiness");

  test("preview names each setting, with no colour codes, and writes nothing", async () => {
    const { output } = await script("preview");
    expect(output).toMatch(/sysctl\.vm\.swappiness: "60 → 10 {2}\[live\]"/);
    expect(output).toMatch(/numaBalancing +: "1 → 0 {2}\[live\]"/);
    expect(output).toContain("[secret]");
    expect(output).not.toContain("\u001b[");
    expect(await swappiness()).toBe("60");
  });

  test("up asks nothing and tunes the host, and the drift gate is then green", async () => {
    await script("up");
    expect(await swappiness()).toBe("10");
    expect((await script("drift")).output).toContain("2 unchanged");
  });

  test("after a change by hand the drift gate is red and names it, and up makes it green again", async () => {
    await host.output("sysctl -q -w vm.swappiness=33");
    const { output } = await script("drift", 7);
    expect(output).toMatch(/sysctl\.vm\.swappiness: "33 → 10 {2}\[live\]"/);
    expect(output).toContain("no changes were expected");
    expect(await swappiness()).toBe("33");
    await script("up");
    await script("drift");
  });
});
