/*
 * Isolation without a reboot, on a real kernel under a real systemd: who is kept off the CPUs, what a pinned domain may
 * do there, how the partition is lost and made again, that a boot keeps it, and that nothing of it is left.
 * Everything is read by plain ssh.
 */
import { startClone, type TestHost } from "../host/test-host";
import { startDomain, threadMasks } from "./story/domain";
import { planLines } from "./story/expect";
import { readTree } from "./story/facts";
import { newKey } from "./story/keys";
import { program } from "./story/program";
import { createProject, type Project } from "./support/project";

let host: TestHost | undefined;
let project: Project | undefined;

beforeAll(async () => {
  project = await createProject({ name: "partition" });
  host = await startClone({ name: "kvm-03" });
}, 300_000);

afterAll(async () => {
  await host?.stop();
  await project?.remove();
}, 60_000);

const slice = "/sys/fs/cgroup/machine.slice";
const granted = "2-3,6-7 root";
const lost = "2-3,6-7 root invalid (Cpu list in cpuset.cpus not exclusive)";
const running = `cat ${slice}/cpuset.cpus.effective ${slice}/cpuset.cpus.partition | tr '\\n' ' '`;
const confined = "taskset -cp 1 | sed 's/.*: //'";
/** They stand still between two readings: the guest is emulated, and they would take its time from all else. */
const startBusyLoops =
  "printf '#!/bin/sh\\nwhile :; do :; done\\n' > /run/busy-loop && chmod +x /run/busy-loop && " +
  "for cpu in 2 3 6 7; do taskset -c 0-7 /run/busy-loop > /dev/null 2>&1 < /dev/null & done; sleep 1; pkill -STOP -x busy-loop";
/** The CPUs that the busy loops were seen on, once a second, and at the end how many there are. */
const busyCpus =
  "pkill -CONT -x busy-loop; for i in 1 2 3 4; do sleep 1; ps -o psr= -C busy-loop; done | sort -un | tr -d ' ' | tr '\\n' ' '; " +
  "pkill -STOP -x busy-loop; pgrep -cx busy-loop";
const virsh = "virsh -q -c qemu:///system";

test("a partition keeps tasks out, holds a pinned domain, is repaired, survives a boot and is taken back", async () => {
  if (host === undefined || project === undefined) throw new Error("the set-up has failed");
  const [here, stack] = [host, project];
  const read = (command: string) => here.output(command, { limitSeconds: 180 });
  const up = () => stack.pulumi(["up", "--yes", "--skip-preview"]);
  const key = await newKey(here, "partition-passphrase");
  await stack.pulumi(["config", "set", "--secret", "privateKey", "--", key.privateKey]);
  await stack.pulumi(["config", "set", "--secret", "privateKeyPassword", key.passphrase]);
  const tree = await readTree(here);
  const tuning = '\n  isolation: { mode: "partition", cpus: "2-3,6-7" },';
  const { host: address, port, hostKey } = here;
  await stack.write({ "index.ts": program({ host: address, port, user: "ops", hostKey, tuning }) });

  // A running domain whose pin lies outside is named, and nothing is changed.
  await startDomain(here);
  await read(`${virsh} vcpupin db 1 5 --live`);
  const refused = await stack.pulumi(["preview"], { expectExitCode: "failure" });
  expect(refused.output).toContain("domain db: vCPU 1 is pinned to 5, outside of the set");
  for (const [vcpu, cpu] of ["2", "6", "3", "7"].entries()) await read(`${virsh} vcpupin db ${vcpu} ${cpu} --live`);
  await read(`${virsh} emulatorpin db 2-3,6-7 --live`);

  // Four busy loops that were there before leave the set at once.
  await read(startBusyLoops);
  // A domain that was started has brought the slice its cpuset.
  const before = await stack.pulumi(["preview", "--diff"]);
  expect(planLines(before.stdout)).toEqual({
    "isolation.partition": `member → ${granted}  [live]`,
    "kvm-tuning.service": "(absent) → enabled  [live]",
  });
  await up();
  expect(await read(running)).toBe("2-3,6-7 root ");
  expect(await read(confined)).toBe("0,1,4,5");
  const [count, ...cpus] = (await read(busyCpus)).split(" ").toReversed();
  expect(count).toBe("4");
  expect(cpus.filter((cpu) => !["0", "1", "4", "5"].includes(cpu))).toEqual([]);
  expect(await threadMasks(here)).toMatchObject({
    "CPU 0/TCG": "2",
    "CPU 1/TCG": "6",
    "CPU 2/TCG": "3",
    "CPU 3/TCG": "7",
  });
  await stack.pulumi(["preview", "--expect-no-changes"]);

  // Somebody claims the CPUs, and is told that all is well.
  await read("systemctl set-property system.slice AllowedCPUs=0-3");
  const drifted = await stack.pulumi(["preview", "--diff", "--expect-no-changes"], { expectExitCode: 7 });
  expect(planLines(drifted.stdout)["isolation.partition"]).toBe(`${lost} → ${granted}  [live]`);
  expect(drifted.output).toContain("system.slice claims CPUs 2-3");
  const failed = await stack.pulumi(["up", "--yes", "--skip-preview"], { expectExitCode: "failure" });
  expect(failed.output).toContain("`systemctl set-property system.slice AllowedCPUs=0-1` takes them from it");
  await read("systemctl set-property system.slice AllowedCPUs=0-1");
  expect(await read(running)).toContain("root invalid");
  await up();
  expect(await read(running)).toBe("2-3,6-7 root ");
  await read("systemctl revert system.slice; pkill -KILL -x busy-loop");

  await here.reboot();
  await read("systemctl is-active --wait kvm-tuning.service || systemctl start kvm-tuning.service");
  expect(await read(running)).toBe("2-3,6-7 root ");
  expect(await read(confined)).toBe("0,1,4,5");
  expect(await read("systemctl show -p ExecMainStatus,ActiveState kvm-tuning.service | sort | tr '\\n' ' '")).toBe(
    "ActiveState=active ExecMainStatus=0 ",
  );
  await stack.pulumi(["preview", "--expect-no-changes"]);

  await stack.pulumi(["destroy", "--yes", "--skip-preview"]);
  expect(await read(confined)).toBe("0-7");
  expect(await read(`cat ${slice}/cpuset.cpus.partition 2>/dev/null || echo member`)).toBe("member");
  await read(`${virsh} undefine db; rmdir /etc/systemd/system.control 2>/dev/null; true`);
  expect((await readTree(here)).split("\n")).toEqual(tree.split("\n"));
}, 900_000);
