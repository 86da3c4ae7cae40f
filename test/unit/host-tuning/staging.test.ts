/* whenExceeded: "stage": what waits for somebody's reboot is no change, no drift and no failure, and nothing hides in it. */
import { applied, refreshed } from "../../../provider/host-tuning/outputs";
import { observe, planHost, shortfalls, verifications } from "../../../provider/host-tuning/plan";
import { parseArgs, type HostTuningArgs } from "../../../provider/host-tuning/schema";
import { grubFragment, grubFragmentFile } from "../../../provider/host-tuning/boot/grub-fragment";
import { planText } from "../../../provider/plan-text";
import type { HostSnapshot } from "../../../provider/host/snapshot";
import type { Props } from "../../../provider/resource";
import { snapshotOf } from "../../support/snapshot";

const given: Props = {
  connection: { host: "kvm-01", insecureIgnoreHostKey: true },
  isolation: { cpus: "2-3", nohzFull: true, irqAffinity: false },
  kernelArguments: { nosmt: true },
  whenExceeded: "stage",
  trialBoot: "off",
};

function parsed(props: Props): HostTuningArgs {
  const result = parseArgs(props);
  if ("args" in result) return result.args;
  throw new Error(JSON.stringify(result.problems));
}

const ours = "isolcpus=domain,2-3 nohz_full=2-3 nosmt";
const fragment = grubFragment({
  keys: ["isolcpus", "nohz_full", "irqaffinity", "nosmt"],
  arguments: [
    { key: "isolcpus", value: "domain,2-3" },
    { key: "nohz_full", value: "2-3" },
    { key: "nosmt", value: null },
  ],
}).trimEnd();

/** `running`, `menu`: arguments of ours. `isolated`: what the kernel made of them. */
function host({ running = "", menu = "", isolated = "" } = {}): HostSnapshot {
  const cpu = "/sys/devices/system/cpu";
  return snapshotOf({
    files: {
      "/etc/os-release": "ID=debian",
      "/proc/version": "Linux version 6.1.0-test",
      "/proc/cmdline": `BOOT_IMAGE=/v root=/dev/vda1 ro ${running}`,
      [`${cpu}/online`]: "0-3",
      [`${cpu}/possible`]: "0-3",
      [`${cpu}/isolated`]: isolated,
      [`${cpu}/nohz_full`]: isolated === "" ? "  (null)" : isolated,
      "/boot/grub/grub.cfg": `menuentry 'Debian' --id 'gnulinux-simple-aa' {\n\tlinux\t/v root=/dev/vda1 ro ${menu}\n}`,
      ...(menu === ours && { [grubFragmentFile]: fragment }),
    },
  });
}

const untouched = host();
const staged = host({ menu: ours });
const booted = host({ running: ours, menu: ours, isolated: "2-3" });
const args = parsed(given);
const pendingText = {
  "isolation.domain": "none → 2-3  [host-reboot]",
  "isolation.nohzFull": "none → 2-3  [host-reboot]",
  "kernelArguments.nosmt": "(not given) → nosmt  [host-reboot]",
};
const verdicts = (snapshot: HostSnapshot) =>
  Object.fromEntries(verifications(args, snapshot).map(({ check, verdict }) => [check, verdict]));

test("not written yet: live changes of the next boot, all pending", () => {
  const { changes, pending, reboot } = planHost(args, untouched);
  expect(planText(changes)).toEqual({
    "isolation.domain (at boot)": "(absent) → isolcpus=domain,2-3  [live]",
    "isolation.nohzFull (at boot)": "(absent) → nohz_full=2-3  [live]",
    "kernelArguments.nosmt (at boot)": "(absent) → nosmt  [live]",
  });
  expect(pending.map(({ name }) => name)).toEqual(Object.keys(pendingText));
  expect(reboot).toBe(false);
});

test("written: no change, no step, pending; the same without whenExceeded is a change that needs the reboot", () => {
  const { changes, steps, pending } = planHost(args, staged);
  expect([changes, steps]).toEqual([[], []]);
  expect(pending.map(({ name }) => name)).toEqual(Object.keys(pendingText));
  const failing = planHost(parsed({ ...given, whenExceeded: "fail" }), staged);
  expect(planText(failing.changes)).toEqual(pendingText);
  expect([failing.pending, failing.steps, failing.reboot]).toEqual([[], [], true]);
  const allowed = planHost(parsed({ ...given, maxDisruption: "host-reboot" }), staged);
  expect(planText(allowed.changes)).toEqual(pendingText);
  expect([allowed.pending, allowed.steps, allowed.reboot]).toEqual([[], [], true]);
});

test("booted: nothing pending, nothing to do", () => {
  const { changes, steps, pending } = planHost(args, booted);
  expect([changes, steps, pending]).toEqual([[], [], []]);
});

test("a setting that waits is verified neither as there nor as failed; what is there already passes", () => {
  expect(verdicts(staged)).toEqual({
    "isolation.domain": "unknown",
    "isolation.nohzFull": "unknown",
    "isolation.managedIrq": "pass",
    "isolation.irqAffinity": "pass",
    "kernelArguments.nosmt": "unknown",
  });
  expect(new Set(Object.values(verdicts(booted)))).toEqual(new Set(["pass"]));
});

test("a run that has staged succeeds only if the next boot will have it", () => {
  expect(shortfalls(args, staged)).toEqual([]);
  expect(shortfalls(args, booted)).toEqual([]);
  expect(shortfalls(args, host({ menu: "isolcpus=domain,2-3 nohz_full=2" }))).toEqual([
    "the next boot will not have isolation.nohzFull: nohz_full=2-3 (it has nohz_full=2)",
    "the next boot will not have kernelArguments.nosmt: nosmt (it has nothing of it)",
  ]);
});

test("refresh shows no drift while it waits, in the program's own spelling", () => {
  const outputs = applied({ args, inputs: given, snapshot: staged });
  expect(outputs["pending"]).toEqual(pendingText);
  const found = refreshed({ args, outputs, snapshot: staged });
  expect(found.inputs).toEqual({ ...given, plan: {}, impact: "none", undo: {} });
  expect(found.outputs).toEqual(outputs);
});

test("after somebody's reboot a refresh verifies what had waited, and only that", () => {
  const outputs = applied({ args, inputs: given, snapshot: staged });
  const found = refreshed({ args, outputs, snapshot: booted });
  expect(found.inputs).toEqual({ ...given, plan: {}, impact: "none", undo: {} });
  expect(found.outputs["pending"]).toEqual({});
  expect(found.outputs["verification"]).toEqual(verifications(args, booted));
  // Later drift is drift: it does not change what was verified.
  const drifted = refreshed({
    args,
    outputs: found.outputs,
    snapshot: host({ running: ours, menu: ours, isolated: "2" }),
  });
  expect(drifted.outputs["verification"]).toEqual(found.outputs["verification"]);
});

test("a boot that brought something else is drift again", () => {
  const other = host({ running: "isolcpus=domain,3 nosmt", menu: ours, isolated: "3" });
  expect(observe(parsed({ ...given, whenExceeded: "fail" }), other)).toMatchObject({
    isolation: { cpus: "3", domain: true },
    kernelArguments: { nosmt: true },
  });
  expect(planText(planHost(args, other).pending.map(({ name, ...row }) => ({ ...row, setting: name })))).toEqual({
    "isolation.domain": "3 → 2-3  [host-reboot]",
    "isolation.nohzFull": "3 → 2-3  [host-reboot]",
  });
});
