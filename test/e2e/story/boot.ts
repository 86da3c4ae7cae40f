/* The second half of the story: what only a boot can give, and a running domain that is pinned without an outage. */
import type { Stage } from "../support/stage";
import { definition, qemuPid, runningPins, threadMasks } from "./domain";
import { holds, plans, same, shows } from "./expect";
import { readFacts, type Facts } from "./facts";
import { bootedTuning, placement, refusedTuning } from "./program";
import { truthfulUp } from "./truth";

type WriteProgram = (tuning: string, more?: string) => Promise<void>;

export async function bootChapters(stage: Stage, write: WriteProgram): Promise<Facts> {
  await refused(stage, write);
  await booted(stage, write);
  await pinned(stage, write);
  await drifted(stage);
  return readFacts(stage.host);
}

const bootSettings = {
  "hugepages.1G.node1": "0 → 1  [host-reboot]",
  "isolation.domain": "none → 2-3,6-7  [host-reboot]",
  "isolation.nohzFull": "none → 2-3,6-7  [host-reboot]",
  "isolation.managedIrq": "none → 2-3,6-7  [host-reboot]",
  "isolation.rcuNocbs": "none → 2-3,6-7  [host-reboot]",
  "isolation.irqAffinity": "none → 0-1,4-5  [host-reboot]",
  "kernelArguments.transparent_hugepage": "(not given) → transparent_hugepage=madvise  [host-reboot]",
};

async function refused(stage: Stage, write: WriteProgram): Promise<void> {
  stage.chapter(
    "What needs a reboot is refused",
    "Isolated CPUs, a kernel argument and a 1G page. Without consent in the program the preview fails and names each.",
  );
  await write(refusedTuning);
  const { output } = await stage.pulumi(["preview"], { expectExitCode: "failure" });
  for (const [setting, text] of Object.entries(bootSettings)) shows(output, `${setting}: ${text}`);
}

async function booted(stage: Stage, write: WriteProgram): Promise<void> {
  stage.chapter(
    "With consent",
    'maxDisruption: "host-reboot", and drain: { method: "shutdown" }: the domain db runs, and the preview says what happens to it.',
  );
  await write(bootedTuning);
  const { stdout } = await stage.pulumi(["preview", "--diff"]);
  plans(stdout, {
    ...bootSettings,
    "trial boot": "(absent) → one boot with the new arguments; they last when it is verified  [host-reboot]",
    "domain db": "running → shut down, rebooted under it, started again  [host-reboot]",
  });
  stage.chapter(
    "A trial boot",
    "One reboot, into an entry that GRUB takes for this boot only. Only when the host is back, with the wanted effects, do " +
      "GRUB's own tools make the arguments those of every boot; had it not come up, the next boot would be the old one.",
  );
  const before = { boot: await stage.host.bootId(), pid: await qemuPid(stage.host) };
  await truthfulUp(stage, stdout);
  const facts = await readFacts(stage.host);
  holds(before.boot !== (await stage.host.bootId()), "another boot_id", before.boot);
  same(await stage.host.output("ls /var/lib/kvm-tuning | grep -c trial || true"), "0", "what is left of the trial");
  const boots = await stage.host.output("journalctl --list-boots --no-pager 2>/dev/null | wc -l || true");
  stage.note(`boots in the journal: ${boots}`);
  same(facts["isolated CPUs"], "2-3,6-7", "the isolated CPUs");
  same(facts["CPUs without a tick"], "2-3,6-7", "the CPUs without a tick");
  same(facts["1G pages on node 1"], "1", "the 1G pages on node 1");
  same(facts["transparent huge pages"], "madvise", "transparent huge pages");
  same(facts["governor of all CPUs"], "performance", "the governor, set again by the boot");
  same(facts["2M pages on node 1"], "64", "the 2M pages on node 1, reserved again by the boot");
  holds((await qemuPid(stage.host)) !== "", "the domain to run again", "it is shut off");
}

const pins = {
  "CPU 0/TCG": "2",
  "CPU 1/TCG": "6",
  "CPU 2/TCG": "3",
  "CPU 3/TCG": "7",
  "IO iothread1": "4",
  "qemu-system-x86": "0-1",
};

async function pinned(stage: Stage, write: WriteProgram): Promise<void> {
  stage.chapter(
    "A running domain is pinned",
    "VmCpuPlacement: each vCPU on an isolated CPU, QEMU's own threads beside the host's. No restart.",
  );
  await write(bootedTuning, placement);
  const { stdout } = await stage.pulumi(["preview", "--diff"]);
  plans(stdout, {
    emulatorPin: "(absent) → 0-1  [live]",
    "iothreads.1": "(absent) → 4  [live]",
    "vcpuPins.0": "(absent) → 2  [live]",
    "vcpuPins.1": "(absent) → 6  [live]",
    "vcpuPins.2": "(absent) → 3  [live]",
    "vcpuPins.3": "(absent) → 7  [live]",
  });
  const pid = await qemuPid(stage.host);
  await truthfulUp(stage, stdout);
  same(await qemuPid(stage.host), pid, "the process of the domain");
  await showMasks(stage);
  await stage.pulumi(["preview", "--expect-no-changes"]);
}

async function showMasks(stage: Stage): Promise<void> {
  const masks = await threadMasks(stage.host);
  for (const [thread, cpus] of Object.entries(pins)) same(masks[thread], cpus, `the CPUs of ${thread}`);
  stage.table([
    ["thread of QEMU, read from /proc", "CPUs"],
    ...Object.keys(pins).map((thread) => [thread, masks[thread] ?? ""]),
  ]);
}

async function drifted(stage: Stage): Promise<void> {
  stage.chapter("Drift again", "A pin and a kernel argument are changed by hand.");
  const byHand = [
    "virsh -q -c qemu:///system vcpupin db 0 5 --live",
    "sed -i 's/isolcpus=managed_irq,domain,2-3,6-7/isolcpus=managed_irq,domain,2-3/' /etc/default/grub.d/zz-kvm-tuning.cfg && update-grub 2>/dev/null",
  ];
  for (const command of byHand) {
    stage.note(`ssh root@kvm-01 "${command}"`);
    await stage.host.output(command, { limitSeconds: 180 });
  }
  const { stdout } = await stage.pulumi(["preview", "--diff", "--expect-no-changes"], { expectExitCode: 7 });
  shows(stdout, "isolation.domain (at boot)", "isolcpus=managed_irq,domain,2-3 →", "[live]", '"5 → 2  [live]"');
  const pid = await qemuPid(stage.host);
  const boot = await stage.host.bootId();
  await truthfulUp(stage, stdout);
  same(await stage.host.bootId(), boot, "the boot_id: what a file says needs no reboot");
  same(await qemuPid(stage.host), pid, "the process of the domain");
  await showMasks(stage);
  shows(
    await stage.host.output("grep -m1 '^[[:space:]]*linux' /boot/grub/grub.cfg"),
    "isolcpus=managed_irq,domain,2-3,6-7",
  );
}

export interface DomainState {
  readonly definition: string;
  readonly pins: string;
}

export async function readDomain(stage: Stage): Promise<DomainState> {
  return { definition: await definition(stage.host), pins: await runningPins(stage.host) };
}
