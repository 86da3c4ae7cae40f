/*
 * All knobs at once on a real kernel under a real systemd: set in one run, changed by hand all together, named by one
 * preview, repaired by one run; all boot knobs in one reboot; all taken back. Every value is read by plain ssh.
 * Three of the runs have their provider process killed (SIGKILL): while values are written, while GRUB's menu is made,
 * and while the host reboots. The next `up` ends as if nothing had happened.
 * What the emulated CPUs lack (turbo, idle states, energy preferences) must say so here and runs against recorded hosts.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { startClone, type TestHost } from "../host/test-host";
import { bootPlan, bootTuning, byHand, driftPlan, firstPlan, liveTuning, notThere } from "./knobs/programs";
import { bootedValues, readBooted, readLive, tunedValues } from "./knobs/readings";
import { plans, shows } from "./story/expect";
import { readTree } from "./story/facts";
import { newKey } from "./story/keys";
import { program } from "./story/program";
import { upKilledAt } from "./support/kill";
import { createProject, type Project } from "./support/project";

let host: TestHost | undefined;
let project: Project | undefined;

beforeAll(async () => {
  project = await createProject({ name: "knobs" });
  host = await startClone({ name: "kvm-05" });
}, 300_000);

afterAll(async () => {
  await host?.stop();
  await project?.remove();
}, 60_000);

/** Each boot adds a line, so that a second reboot would be seen. */
const countBoots =
  "printf '[Service]\\nType=oneshot\\nExecStart=/bin/sh -c \"echo boot >> /root/boots\"\\n[Install]\\nWantedBy=multi-user.target\\n' " +
  "> /etc/systemd/system/count-boots.service && systemctl -q enable count-boots && touch /root/boots";
const boots = "wc -l < /root/boots";

/** The kernel brings a CPU back with the governor that it left with: another one than declared. */
const hotplug =
  "cd /sys/devices/system/cpu/cpu6 && echo performance > cpufreq/scaling_governor && echo 0 > online && echo 1 > online";

/** The same, but nobody may reboot the host. */
const stagedTuning = bootTuning.replace('maxDisruption: "host-reboot"', 'whenExceeded: "stage"');

test("all knobs at once: set, drifted, repaired, booted once, taken back, and killed on the way", async () => {
  if (host === undefined || project === undefined) throw new Error("the set-up has failed");
  const [here, stack] = [host, project];
  const { host: address, port, hostKey } = here;
  const write = (tuning: string) =>
    stack.write({ "index.ts": program({ host: address, port, user: "ops", hostKey, tuning }) });
  const preview = () => stack.pulumi(["preview", "--diff"]);
  const up = () => stack.pulumi(["up", "--yes", "--skip-preview"]);
  const nothingToDo = () => stack.pulumi(["preview", "--expect-no-changes"]);
  const key = await newKey(here, "knobs-passphrase");
  await stack.pulumi(["config", "set", "--secret", "privateKey", "--", key.privateKey]);
  await stack.pulumi(["config", "set", "--secret", "privateKeyPassword", key.passphrase]);
  await here.output(`${countBoots} && systemctl start numad`);
  const before = { live: await readLive(here), booted: await readBooted(here), tree: await readTree(here) };
  expect(before.live).toMatchObject({ services: "disabled active", smt: "on 0-7", systemdCpuAffinity: "0-7" });

  // All live knobs.
  await write(liveTuning);
  const first = await preview();
  plans(first.stdout, firstPlan);
  shows(first.output.replaceAll(/\s+/g, " "), ...notThere);
  expect(await readLive(here)).toEqual(before.live);
  await upKilledAt(stack, "set hugepages.2M.node0");
  await up();
  expect(await readLive(here)).toEqual(tunedValues);
  await nothingToDo();

  // All changed by hand.
  await here.output(byHand);
  const drift = await stack.pulumi(["preview", "--diff", "--expect-no-changes"], { expectExitCode: 7 });
  plans(drift.stdout, driftPlan);
  await up();
  expect(await readLive(here)).toEqual(tunedValues);

  // A CPU that comes online is tuned again, by nobody's run.
  await here.output(hotplug);
  await until(async () => (await readLive(here)).cpuGovernor === tunedValues.cpuGovernor, "the governor of CPU 6");
  await nothingToDo();

  // All boot knobs in one reboot, and the live values set again by it.
  await write(stagedTuning);
  await upKilledAt(stack, "update-grub");
  await write(bootTuning);
  plans((await preview()).stdout, bootPlan);
  const boot = await here.bootId();
  await upKilledAt(stack, "waiting for reboot");
  await here.waitForBoot(boot);
  await up();
  expect(await here.output(boots)).toBe("1");
  expect(await readBooted(here)).toEqual({
    ...bootedValues,
    "command line":
      "console=tty0 console=ttyS0,115200 hugepages=1:1 hugepagesz=1G irqaffinity=0-1,4-5 " +
      "isolcpus=managed_irq,domain,2-3,6-7 nohz_full=2-3,6-7 printk.time=0 processor.max_cstate=1 rcu_nocbs=2-3,6-7",
  });
  expect(await readLive(here)).toEqual(tunedValues);
  await nothingToDo();

  // All taken back; the kernel's arguments at the next boot, which is somebody else's.
  await stack.pulumi(["destroy", "--yes", "--skip-preview"]);
  expect(await readLive(here)).toEqual(before.live);
  expect((await readTree(here)).split("\n")).toEqual(before.tree.split("\n"));
  expect(await here.output(boots)).toBe("1");
  await here.reboot();
  expect(await readBooted(here)).toEqual(before.booted);
  // numad ran because we had started it.
  expect(await readLive(here)).toEqual({ ...before.live, services: "disabled inactive" });
}, 1_200_000);

async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  for (let attempt = 0; attempt < 60; attempt += 1) {
    if (await condition()) return;
    await sleep(1000);
  }
  throw new Error(`${what} has not come within a minute`);
}
