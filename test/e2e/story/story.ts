/*
 * The story of the product, in chapters. `npm run demo` prints it, the end-to-end test plays it in silence; every
 * chapter checks what it shows. What the host has is read by plain ssh.
 */
import type { Stage } from "../support/stage";
import { bootChapters, readDomain, type DomainState } from "./boot";
import { startDomain } from "./domain";
import { names, plans, same, shows, showsNot } from "./expect";
import { readFacts, readTree, type Facts } from "./facts";
import { canaries, newKey, type UserKey } from "./keys";
import { lessTuning, peacefulTuning, program, wholeTuning } from "./program";
import { keepsSecrets, watchProcesses } from "./secrets";
import { truthfulUp } from "./truth";

const user = "ops";

export async function runStory(stage: Stage): Promise<void> {
  await startDomain(stage.host);
  await stage.host.output("systemctl -q enable --now numad");
  const before = {
    domain: await readDomain(stage),
    facts: await readFacts(stage.host),
    tree: await readTree(stage.host),
  };
  const key = await newKey(stage.host, "canary-passphrase-1");
  await prepare(stage, key);

  await otherWriter(stage);
  const preview = await firstPreview(stage);
  const stopWatching = await watchProcesses(stage.host);
  const tuned = await firstUp(stage, before.facts, preview);
  const processes = await stopWatching();
  await nothingToDo(stage);
  await drift(stage, tuned);
  await dropArgument(stage, before.facts);
  await keepsSecrets(stage, { canaries: canaries(key), processes });
  await rotateAndMove(stage);
  const all = await bootChapters(stage, (tuning, more) => writeProgram(stage, tuning, more));
  await undo(stage, before);
  stage.table([
    ["setting, read by plain ssh", "before", "tuned", "after destroy and a boot"],
    ...rows(before.facts, all, await readFacts(stage.host)),
  ]);
}

async function writeProgram({ host, program: write }: Stage, tuning: string, more = ""): Promise<void> {
  const { host: address, port, hostKey } = host;
  await write({ "index.ts": program({ host: address, port, user, hostKey, tuning, more }) });
}

async function setKey({ project }: Stage, { privateKey, passphrase }: UserKey): Promise<void> {
  await project.pulumi(["config", "set", "--secret", "privateKey", "--", privateKey]);
  await project.pulumi(["config", "set", "--secret", "privateKeyPassword", passphrase]);
}

async function prepare(stage: Stage, key: UserKey): Promise<void> {
  stage.chapter(
    "The program",
    "One HostTuning resource: what the host shall have. The user is not root: sudo does the rest.",
  );
  await writeProgram(stage, peacefulTuning);
  await setKey(stage, key);
  stage.note(peacefulTuning.trim());
}

async function otherWriter(stage: Stage): Promise<void> {
  stage.chapter(
    "Who else writes it",
    "numad runs on this host and moves memory as it sees fit. The preview names it, before anything is written.",
  );
  const { output } = await stage.pulumi(["preview"]);
  shows(output.replaceAll(/\s+/g, " "), "numad.service (active) may write numaBalancing too: it moves processes");
  stage.note('conflicts: "takeOver" stops it, until the resource is deleted.');
  await writeProgram(stage, wholeTuning);
}

async function firstPreview(stage: Stage): Promise<string> {
  stage.chapter(
    "Preview",
    "The host is read once over SSH. Each setting: what it has → what is wanted, and the impact.",
  );
  const { stdout } = await stage.pulumi(["preview", "--diff"]);
  plans(stdout, {
    cpuGovernor: "schedutil → performance  [live]",
    "hugepages.2M.node0": "0 → 128  [live]",
    "hugepages.2M.node1": "0 → 64  [live]",
    "irqAffinity.default": "0-7 → 0-1,4-5  [live]",
    ksm: "0 → 1  [live]",
    "kvm-tuning.service": "(absent) → enabled  [live]",
    numaBalancing: "1 → 0  [live]",
    "services.numad.service": "active → stopped  [live]",
    "sysctl.kernel.timer_migration": "1 → 0  [live]",
    "sysctl.vm.swappiness": "60 → 10  [live]",
    workqueueCpus: "0-7 → 0-1,4-5  [live]",
  });
  const written = await stage.host.output("ls -d /etc/kvm-tuning /var/lib/kvm-tuning 2>/dev/null || true");
  same(written, "", "what a preview wrote on the host");
  return stdout;
}

async function firstUp(stage: Stage, before: Facts, preview: string): Promise<Facts> {
  stage.chapter("Up", "The same reading again, then a lock on the host, the steps, and every value read back.");
  await truthfulUp(stage, preview);
  const facts = await readFacts(stage.host);
  same(
    facts,
    {
      ...before,
      "kernel.numa_balancing": "0",
      "vm.swappiness": "10",
      "kernel.timer_migration": "0",
      "governor of all CPUs": "performance",
      "2M pages on node 0": "128",
      "2M pages on node 1": "64",
      "page merging": "1",
      "CPUs of new interrupts": "33",
      "CPUs of kernel work queues": "33",
      "numad.service": "inactive",
      "kvm-tuning.service": "enabled",
      "files in /etc/sysctl.d": facts["files in /etc/sysctl.d"],
    },
    "the tuned host",
  );
  shows(facts["files in /etc/sysctl.d"] ?? "", "zz-kvm-tuning.conf");
  return facts;
}

async function nothingToDo(stage: Stage): Promise<void> {
  stage.chapter("Up again", "Nothing differs, so nothing is done.");
  const { stdout } = await stage.pulumi(["up", "--yes"]);
  shows(stdout, "2 unchanged");
  showsNot(stdout, "updated", "to update");
}

async function drift(stage: Stage, tuned: Facts): Promise<void> {
  stage.chapter("Drift", "Somebody changes four values by hand, over ssh.");
  const byHand = [
    "echo powersave > /sys/devices/system/cpu/cpu3/cpufreq/scaling_governor",
    "sysctl -q -w vm.swappiness=33",
    "echo 100 > /sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages",
    "systemctl start numad",
  ];
  for (const command of byHand) {
    stage.note(`ssh root@kvm-01 '${command}'`);
    await stage.host.output(command);
  }
  stage.chapter("The gate of a CI pipeline", "`--expect-no-changes` fails, and the preview names each of the four.");
  const { stdout } = await stage.pulumi(["preview", "--diff", "--expect-no-changes"], { expectExitCode: 7 });
  plans(stdout, {
    cpuGovernor: "performance on 0-2,4-7, powersave on 3 → performance  [live]",
    "sysctl.vm.swappiness": "33 → 10  [live]",
    "hugepages.2M.node1": "100 → 64  [live]",
    "services.numad.service": "active → stopped  [live]",
  });
  stage.chapter("Repair", "`up` mends just these four.");
  await truthfulUp(stage, stdout);
  same(await readFacts(stage.host), tuned, "the repaired host");
}

async function dropArgument(stage: Stage, before: Facts): Promise<void> {
  stage.chapter(
    "An argument leaves the program",
    "kernel.timer_migration is put back to what it was before the first `up`.",
  );
  await writeProgram(stage, lessTuning);
  const { stdout } = await stage.pulumi(["preview", "--diff"]);
  plans(stdout, { "sysctl.kernel.timer_migration": "0 → 1  [live]" });
  await truthfulUp(stage, stdout);
  const facts = await readFacts(stage.host);
  same(facts["kernel.timer_migration"], before["kernel.timer_migration"], "kernel.timer_migration");
  const persistent = await stage.host.output("cat /etc/sysctl.d/zz-kvm-tuning.conf");
  showsNot(persistent, "timer_migration");
}

async function rotateAndMove(stage: Stage): Promise<void> {
  stage.chapter(
    "A rotated key and a moved port",
    "Refresh uses the connection of the last run. The error says how to get past it.",
  );
  const key = await newKey(stage.host, "canary-passphrase-2");
  await setKey(stage, key);
  const rotated = await stage.pulumi(["preview"], { expectExitCode: "failure" });
  shows(rotated.output, "--refresh=false");
  await stage.host.movePort();
  await writeProgram(stage, lessTuning);
  const moved = await stage.pulumi(["preview"], { expectExitCode: "failure" });
  shows(moved.output, "--refresh=false");
  await stage.pulumi(["up", "--yes", "--refresh=false", "--skip-preview"]);
  const { stdout } = await stage.pulumi(["preview", "--expect-no-changes"]);
  shows(stdout, "2 unchanged");
}

interface Before {
  readonly facts: Facts;
  readonly tree: string;
  readonly domain: DomainState;
}

async function undo(stage: Stage, before: Before): Promise<void> {
  stage.chapter("What destroy would do", "Read from the undo journal on the host; nothing is touched.");
  const { stdout } = await stage.pulumi(["destroy", "--preview-only", "--diff"], {
    // The variable that answers questions stands for --yes, which does not go with --preview-only.
    env: { PULUMI_SKIP_CONFIRMATIONS: "false" },
  });
  names(stdout, {
    cpuGovernor: "back to schedutil  [live]",
    "hugepages.2M.node0": "back to 0  [live]",
    "hugepages.2M.node1": "back to 0  [live]",
    ksm: "back to 0  [live]",
    numaBalancing: "back to 1  [live]",
    "sysctl.vm.swappiness": "back to 60  [live]",
    "/etc/sysctl.d/zz-kvm-tuning.conf": "removed  [live]",
    "/etc/systemd/system/kvm-tuning.service": "removed  [live]",
  });
  stage.chapter("Destroy", "Everything comes back: running values, and /etc byte for byte.");
  await stage.pulumi(["destroy", "--yes", "--skip-preview"]);
  same(await readDomain(stage), before.domain, "the domain's definition and running pins after destroy");
  same(
    (await readTree(stage.host)).split("\n"),
    before.tree.split("\n"),
    "/etc, grub.cfg and /var/lib/kvm-tuning after destroy",
  );
  stage.chapter(
    "The next boot",
    "Delete never reboots: the running kernel keeps its arguments until somebody boots it.",
  );
  await stage.host.reboot();
  same(await readFacts(stage.host), before.facts, "the host after destroy and a boot");
}

function rows(before: Facts, tuned: Facts, after: Facts): readonly (readonly string[])[] {
  return Object.keys(before).map((name) => [name, before[name] ?? "", tuned[name] ?? "", after[name] ?? ""]);
}
