/* Kernel arguments from the refusal to the last byte: staged, with a reboot that was agreed to, and taken back. */
import { machineId } from "../../support/fixture-root";
import { startGrubHost, type GrubHost } from "../../support/grub-host";
import { bootIdFile, grubConfig, isolatedFile, nohzFile } from "../../support/grub-host/fixture";
import { bootOnly, bootOnlyPlanned, consent, domainPlanned, line, trialPlanned } from "../../support/grub-host/tuning";
import { type DynamicServer, startDynamicServer } from "../../support/pulumi/dynamic-server";
import type { Props } from "../../support/pulumi/provider-client";
import { poolFile } from "../../support/tuned-host/fixture";

// The first of these tests builds the package.
jest.setTimeout(60_000);

const fragment = "/etc/default/grub.d/zz-kvm-tuning.cfg";
let host: GrubHost;
let server: DynamicServer;
let before: Readonly<Record<string, string>>;
beforeEach(async () => {
  [host, server] = await Promise.all([startGrubHost(), startDynamicServer()]);
  before = host.lasting();
});
afterEach(async () => {
  await server.stop();
  await host.close();
});

const kernelLines = () =>
  host
    .read(grubConfig)
    .split("\n")
    .filter((text) => /^\s*linux\s/.test(text))
    .map((text) => text.trim());
const verdicts = (state: Props) =>
  Object.fromEntries(
    (state["verification"] as { check: string; verdict: string }[]).map((one) => [one.check, one.verdict]),
  );
const names = Object.keys(bootOnlyPlanned);
const allOf = (verdict: string) => Object.fromEntries(names.map((name) => [name, verdict]));
/** The kernel shows nowhere which interrupts it manages. */
const bootedVerdicts = { ...allOf("pass"), "isolation.managedIrq": "unknown" };

async function checked(inputs: Props, olds?: Props): Promise<Props> {
  const answer = await server.check(inputs, olds);
  expect(answer.failures).toEqual([]);
  return answer.inputs;
}

test("without consent the preview is refused and names each setting and the domain; nothing is written", async () => {
  const { failures } = await server.check(host.inputs(bootOnly));
  const named = Object.entries({ ...bootOnlyPlanned, ...domainPlanned }).map(([name, text]) => `${name}: ${text}`);
  expect(failures).toEqual([
    {
      property: "",
      reason: expect.stringMatching(
        /^maxDisruption: this change needs host-reboot, and maxDisruption allows live: /,
      ) as string,
    },
  ]);
  for (const text of named) expect(failures[0]?.reason).toContain(text);
  expect(host.lasting()).toEqual(before);
  expect(host.events()).toEqual([]);
});

test("with consent to the reboot but not to the shutdown of domains, the preview is refused and names the domain", async () => {
  const { failures } = await server.check(host.inputs({ ...bootOnly, maxDisruption: "host-reboot" }));
  expect(failures).toEqual([
    {
      property: "",
      reason:
        'drain: the reboot would stop db: shut them down first, or set drain: { method: "shutdown" } or { method: "managedSave" }',
    },
  ]);
});

test("staged without a trial: written and pending, no reboot; somebody else's reboot brings it, refresh verifies it, delete takes it back", async () => {
  const inputs = await checked(host.inputs({ ...bootOnly, whenExceeded: "stage", trialBoot: "off" }));
  expect(inputs).toMatchObject({
    impact: "live",
    plan: {
      "hugepages.1G.node1 (at boot)": "(absent) → hugepagesz=1G hugepages=1:1  [live]",
      "isolation.domain (at boot)": "(absent) → isolcpus=managed_irq,domain,2-3,6-7  [live]",
      "isolation.nohzFull (at boot)": "(absent) → nohz_full=2-3,6-7  [live]",
      "isolation.managedIrq (at boot)": "(absent) → isolcpus=managed_irq,domain,2-3,6-7  [live]",
      "isolation.irqAffinity (at boot)": "(absent) → irqaffinity=0-1,4-5  [live]",
      "kernelArguments.quiet (at boot)": "quiet → (absent)  [live]",
      "kernelArguments.transparent_hugepage (at boot)": "(absent) → transparent_hugepage=madvise  [live]",
    },
  });
  const { properties: staged } = await server.create(inputs);
  expect(host.events()).toEqual(["update-grub"]);
  expect(staged).toMatchObject({ plan: {}, impact: "none", pending: bootOnlyPlanned });
  expect(verdicts(staged)).toEqual(allOf("unknown"));
  expect(kernelLines()).toEqual([
    `linux\t/vmlinuz-6.1.0-56-amd64 root=/dev/vda1 ro ${line}`,
    `linux\t/vmlinuz-6.1.0-56-amd64 root=/dev/vda1 ro ${line}`,
    `linux\t/vmlinuz-6.1.0-56-amd64 root=/dev/vda1 ro single ${line}`,
    `linux\t/vmlinuz-6.1.0-55-amd64 root=/dev/vda1 ro ${line}`,
    `linux\t/vmlinuz-6.1.0-55-amd64 root=/dev/vda1 ro single ${line}`,
  ]);

  const found = await server.read(machineId, staged);
  const given = host.inputs({ ...bootOnly, whenExceeded: "stage", trialBoot: "off" });
  expect(found.inputs).toEqual({ ...given, plan: {}, impact: "none", undo: staged["undo"] });
  expect(found.properties).toEqual(staged);
  expect((await checked(given, found.inputs))["plan"]).toEqual({});
  expect((await server.diff(machineId, found.properties, given)).changes).toBe("none");

  host.boot();
  await server.stop();
  server = await startDynamicServer();
  const booted = await server.read(machineId, staged);
  // The page that the boot has reserved for us is ours to give back, at once.
  const undo = { "hugepages.1G.node1": "back to 0  [live]", ...(staged["undo"] as object) };
  expect(booted.inputs).toEqual({ ...found.inputs, undo });
  expect(booted.properties["pending"]).toEqual({});
  expect(verdicts(booted.properties)).toEqual(bootedVerdicts);
  expect((await checked(given, booted.inputs))["plan"]).toEqual({});

  await server.delete(machineId, booted.properties);
  host.boot();
  host.write({ "/libvirt/11111111-1111-4111-8111-111111111111/state": "running\n" });
  expect(host.lasting()).toEqual(before);
}, 60_000);

test("with consent: one reboot, in order; domains that ran run again; the effect is verified; delete restores every byte", async () => {
  const inputs = await checked(host.inputs({ ...bootOnly, ...consent, cpuGovernor: "performance" }));
  expect(inputs["plan"]).toEqual({
    ...bootOnlyPlanned,
    ...trialPlanned,
    ...domainPlanned,
    cpuGovernor: "schedutil → performance  [live]",
    "kvm-tuning.service": "(absent) → enabled  [live]",
  });
  const bootId = host.read(bootIdFile);
  const { properties: state } = await server.create(inputs);
  expect(host.events()).toEqual([
    "systemctl daemon-reload",
    "udevadm control --reload",
    "grub-editenv set next_entry=kvm-tuning-trial",
    "shutdown db",
    "systemctl --no-block reboot",
    "boot",
    "systemctl stop kvm-tuning-trial.service",
    "update-grub",
    "systemctl stop kvm-tuning-trial.service",
    "systemctl daemon-reload",
    "start db",
  ]);
  expect(host.read(bootIdFile)).not.toBe(bootId);
  expect([host.domain("db"), host.domain("web")]).toEqual(["running", "shut off"]);
  expect([host.read(isolatedFile), host.read(nohzFile)]).toEqual(["2-3,6-7\n", "2-3,6-7\n"]);
  expect([host.read(poolFile(0, 1048576)), host.read(poolFile(1, 1048576))]).toEqual(["0\n", "1\n"]);
  expect(host.read("/proc/cmdline")).toBe(
    `BOOT_IMAGE=/vmlinuz-6.1.0-56-amd64 root=/dev/vda1 ro ${line} kvm_tuning.trial=${bootId.trim()} panic=5\n`,
  );
  expect(kernelLines()[0]).toBe(`linux\t/vmlinuz-6.1.0-56-amd64 root=/dev/vda1 ro ${line}`);
  expect(state).toMatchObject({ plan: {}, impact: "none", pending: {} });
  expect(verdicts(state)).toEqual({ ...bootedVerdicts, cpuGovernor: "pass" });
  expect(host.has("/var/lib/kvm-tuning/restart")).toBe(false);
  const shown = server.engine.logs.filter((one) => one.ephemeral).map((one) => one.message);
  // The engine is told what lasts; what is over at once is passed over.
  expect(shown).toContain("waiting for reboot (0s): going down");
  expect(shown.at(-1)).toBe("verifying");

  const again = await checked(host.inputs({ ...bootOnly, ...consent, cpuGovernor: "performance" }), inputs);
  expect(again).toMatchObject({ plan: {}, impact: "none" });

  await server.delete(machineId, state);
  expect(host.events()).toEqual([
    "update-grub",
    "systemctl stop kvm-tuning.service",
    "systemctl daemon-reload",
    "udevadm control --reload",
  ]);
  expect(host.domain("db")).toBe("running");
  host.boot();
  host.write({ "/libvirt/11111111-1111-4111-8111-111111111111/state": "running\n" });
  expect(host.lasting()).toEqual(before);
}, 60_000);

test("an argument that left the program goes at the next boot, and what others had there comes back", async () => {
  const both = await checked(host.inputs({ ...bootOnly, whenExceeded: "stage", trialBoot: "off" }));
  const { properties: state } = await server.create(both);
  const { kernelArguments: _left, ...rest } = bootOnly;
  const fewer = await checked(host.inputs({ ...rest, whenExceeded: "stage", trialBoot: "off" }), state);
  expect(fewer["plan"]).toEqual({
    "kernel argument quiet (at boot)": "(absent) → quiet  [live]",
    "kernel argument transparent_hugepage (at boot)": "transparent_hugepage=madvise → (absent)  [live]",
  });
  const { properties: after } = await server.update(machineId, state, fewer);
  expect(kernelLines()[0]).toBe(
    `linux\t/vmlinuz-6.1.0-56-amd64 root=/dev/vda1 ro ${line.replace(" transparent_hugepage=madvise", "")} quiet`,
  );
  const none = await checked(host.inputs({ whenExceeded: "stage" }), after);
  expect(Object.keys(none["plan"] as object)).toEqual([
    "kernel argument hugepages (at boot)",
    "kernel argument hugepagesz (at boot)",
    "kernel argument irqaffinity (at boot)",
    "kernel argument isolcpus (at boot)",
    "kernel argument nohz_full (at boot)",
  ]);
  const { properties: last } = await server.update(machineId, after, none);
  expect(host.has(fragment)).toBe(false);
  await server.delete(machineId, last);
  expect(host.lasting()).toEqual(before);
});
