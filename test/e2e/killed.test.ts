/*
 * The provider process is killed (SIGKILL) in the middle of three runs of the real CLI with the fullest tuning that the
 * test host can show: while values are written, while GRUB's menu is made, and while the host reboots. Each time the
 * next `up` ends as if nothing had happened, and destroy puts everything back.
 */
import { spawnSync } from "node:child_process";
import { startClone, type TestHost } from "../host/test-host";
import { bootTuning, liveTuning } from "./knobs/programs";
import { bootedValues, readBooted, readLive, tunedValues } from "./knobs/readings";
import { readTree } from "./story/facts";
import { newKey } from "./story/keys";
import { program } from "./story/program";
import { createProject, type Project } from "./support/project";

let host: TestHost | undefined;
let project: Project | undefined;

beforeAll(async () => {
  project = await createProject({ name: "killed" });
  host = await startClone({ name: "kvm-02" });
}, 300_000);

afterAll(async () => {
  await host?.stop();
  await project?.remove();
}, 60_000);

/** The same, but nobody may reboot the host. */
const stagedTuning = bootTuning.replace('maxDisruption: "host-reboot"', 'whenExceeded: "stage"');

test("a killed provider process leaves a host from which the next up goes on", async () => {
  if (host === undefined || project === undefined) throw new Error("the set-up has failed");
  const stage = { host, project };
  const { pulumi } = project;
  const up = () => pulumi(["up", "--yes", "--skip-preview"]);
  const nothingToDo = () => pulumi(["preview", "--expect-no-changes"]);
  const key = await newKey(host, "killed-passphrase");
  await pulumi(["config", "set", "--secret", "privateKey", "--", key.privateKey]);
  await pulumi(["config", "set", "--secret", "privateKeyPassword", key.passphrase]);
  await host.output("systemctl start numad");
  const before = { live: await readLive(host), booted: await readBooted(host), tree: await readTree(host) };

  await write(stage, liveTuning);
  await upKilledAt(stage, "set hugepages.2M.node0");
  await up();
  expect(await readLive(host)).toEqual(tunedValues);

  await write(stage, stagedTuning);
  await upKilledAt(stage, "update-grub");
  await up();
  expect(await readBooted(host)).toEqual(before.booted);
  await nothingToDo();

  await write(stage, bootTuning);
  const boot = await host.bootId();
  await upKilledAt(stage, "waiting for reboot");
  await host.waitForBoot(boot);
  await up();
  expect(await readBooted(host)).toMatchObject(bootedValues);
  expect(await readLive(host)).toEqual(tunedValues);
  await nothingToDo();

  await pulumi(["destroy", "--yes", "--skip-preview"]);
  expect(await readLive(host)).toEqual(before.live);
  expect((await readTree(host)).split("\n")).toEqual(before.tree.split("\n"));
  await host.reboot();
  expect(await readBooted(host)).toEqual(before.booted);
}, 900_000);

interface Stage {
  readonly host: TestHost;
  readonly project: Project;
}

async function write(
  { host: { host: address, port, hostKey }, project: { write } }: Stage,
  tuning: string,
): Promise<void> {
  await write({ "index.ts": program({ host: address, port, user: "ops", hostKey, tuning }) });
}

/** Runs `up` and kills the provider process as soon as the progress line shows `text`; the run must then fail. */
async function upKilledAt({ project }: Stage, text: string): Promise<void> {
  let killed = false;
  await project.pulumi(["up", "--yes", "--skip-preview"], {
    expectExitCode: "failure",
    onOutput: (output) => {
      if (killed || !output.includes(text)) return;
      killed = true;
      // Its working folder tells this project's provider from others.
      const found = spawnSync("pgrep", ["-f", "cmd/dynamic-provider"], { encoding: "utf8" }).stdout.split("\n");
      for (const pid of found.filter((one) => one !== "" && isOfProject(one, project)))
        process.kill(Number(pid), "SIGKILL");
    },
  });
  expect(killed).toBe(true);
}

function isOfProject(pid: string, { folder }: Project): boolean {
  return spawnSync("readlink", [`/proc/${pid}/cwd`], { encoding: "utf8" }).stdout.trim() === folder;
}
