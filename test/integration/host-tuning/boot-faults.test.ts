/* What goes wrong around a reboot: nothing is rebooted that should not be, and no domain is forgotten. */
import { rmSync } from "node:fs";
import { machineId } from "../../support/fixture-root";
import { startGrubHost, type GrubHost } from "../../support/grub-host";
import { bootIdFile, domainState, grubConfig, uuids } from "../../support/grub-host/fixture";
import { bootOnly, consent } from "../../support/grub-host/tuning";
import { type DynamicServer, startDynamicServer } from "../../support/pulumi/dynamic-server";
import { failureOf } from "../../support/pulumi/failure-of";
import type { ProviderError } from "../../support/pulumi/provider-client";
import { type Props } from "../../support/pulumi/provider-client";

// The first of these tests builds the package.
jest.setTimeout(60_000);

const restartFile = "/var/lib/kvm-tuning/restart";
let host: GrubHost;
let server: DynamicServer;
let bootId: string;
beforeAll(async () => {
  server = await startDynamicServer();
});
afterAll(() => server.stop());
beforeEach(async () => {
  host = await startGrubHost();
  bootId = host.read(bootIdFile);
});
afterEach(() => host.close());

const wanted = (more: Props = {}): Props => host.inputs({ ...bootOnly, ...consent, trialBoot: "off", ...more });
const refusals = async (inputs: Props, olds?: Props) =>
  (await server.check(inputs, olds)).failures.map(({ reason }) => reason);

async function checked(inputs: Props, olds?: Props): Promise<Props> {
  const answer = await server.check(inputs, olds);
  expect(answer.failures).toEqual([]);
  return answer.inputs;
}

/** A failed create, and the update that goes on from what it has left. */
async function goesOn(failed: ProviderError): Promise<Props> {
  const left = failed.initFailed?.properties ?? {};
  const inputs = await checked(wanted(), left);
  return (await server.update(machineId, left, inputs)).properties;
}

test("a domain that does not shut down: nothing is rebooted, and what had stopped runs again", async () => {
  host.write({ [domainState("web")]: "running\n", [`/libvirt/${uuids.db}/stubborn`]: "" });
  const failed = await failureOf(server.create(await checked(wanted())));
  expect(failed.message).toContain(
    "these domains did not shut down within 1 s: db. What had stopped runs again; nothing was rebooted. " +
      "Shut them down by hand, or give them more time with drain.timeoutSeconds",
  );
  expect(host.events()).toEqual(["update-grub", "shutdown db", "shutdown web", "start web"]);
  expect(host.read(bootIdFile)).toBe(bootId);
  expect([host.domain("db"), host.domain("web")]).toEqual(["running", "running"]);
  // It was told to shut down and may still do so.
  expect(host.read(restartFile)).toBe(`${uuids.db} db\n`);

  rmSync(host.path(`/libvirt/${uuids.db}/stubborn`));
  await goesOn(failed);
  expect(host.events()).toEqual([
    "shutdown db",
    "shutdown web",
    "systemctl --no-block reboot",
    "boot",
    "start db",
    "start web",
  ]);
  expect(host.has(restartFile)).toBe(false);
});

test("a domain that shuts down after the run has given up on it is started by the next one, whatever that does", async () => {
  host.write({ [`/libvirt/${uuids.db}/stubborn`]: "" });
  const failed = await failureOf(server.create(await checked(wanted())));
  host.write({ [domainState("db")]: "shut off\n" });
  host.events();
  const left = failed.initFailed?.properties ?? {};
  const inputs = await checked(host.inputs({ ...bootOnly, whenExceeded: "stage" }), left);
  expect(inputs["plan"]).toEqual({ "domain db": "stopped for a reboot → running  [live]" });
  await server.update(machineId, left, inputs);
  expect(host.events()).toEqual(["start db"]);
  expect(host.has(restartFile)).toBe(false);
});

test("update-grub fails: nothing is rebooted, grub.cfg is as before, and the next run repairs it", async () => {
  const menu = host.read(grubConfig);
  const works = host.mode("update-grub-fails");
  const failed = await failureOf(server.create(await checked(wanted())));
  expect(failed.message).toContain("update-grub failed: ");
  expect(failed.message).toContain("stand-in for update-grub: no space left on device");
  expect(host.events()).toEqual(["update-grub"]);
  expect(host.read(grubConfig)).toBe(menu);
  expect(host.has("/boot/grub/grub.cfg.new")).toBe(false);
  expect(host.domain("db")).toBe("running");
  works();
  await goesOn(failed);
  expect(host.events()).toEqual(["update-grub", "shutdown db", "systemctl --no-block reboot", "boot", "start db"]);
});

test.each([
  ["with consent", consent, "nothing was rebooted: the boot loader's configuration does not hold "],
  ["staged", { whenExceeded: "stage" }, "the next boot will not have "],
])(
  "update-grub says that all is well and leaves the old arguments (%s): the run fails and says so",
  async (_, how, text) => {
    host.mode("update-grub-forgets");
    const failed = await failureOf(
      server.create(await checked(host.inputs({ kernelArguments: { nosmt: true }, trialBoot: "off", ...how }))),
    );
    expect(failed.message).toContain(`${text}kernelArguments.nosmt: nosmt (it has nothing of it)`);
    expect(host.events()).toEqual(["update-grub"]);
    expect(host.read(bootIdFile)).toBe(bootId);
  },
);

test('verify: "warn": the same is named, the run goes on, and the next preview shows it as drift', async () => {
  host.mode("update-grub-forgets");
  const given = host.inputs({
    kernelArguments: { nosmt: true },
    trialBoot: "off",
    whenExceeded: "stage",
    verify: "warn",
  });
  const { properties } = await server.create(await checked(given));
  expect(host.events()).toEqual(["update-grub"]);
  expect((await server.diff(machineId, properties, given)).changes).toBe("some");
});

test("the host refuses to reboot: its domains run again, and the next run reboots", async () => {
  const willing = host.mode("reboot-refused");
  const failed = await failureOf(server.create(await checked(wanted())));
  expect(failed.message).toContain(
    'the host refuses to reboot: stand-in for systemctl: Operation inhibited by "backup"',
  );
  expect(host.events()).toEqual(["update-grub", "shutdown db", "systemctl --no-block reboot", "start db"]);
  expect([host.domain("db"), host.has(restartFile)]).toEqual(["running", false]);
  willing();
  await goesOn(failed);
  expect(host.events()).toEqual(["shutdown db", "systemctl --no-block reboot", "boot", "start db"]);
});

test("the host does not come back in time: the run says what was seen last, and the next one starts the domains", async () => {
  const hanging = host.mode("reboot-hangs");
  const failed = await failureOf(server.create(await checked(wanted({ rebootTimeoutSeconds: 1 }))));
  expect(failed.message).toContain("the host did not come back within 1 s of its reboot (last seen: still up)");
  hanging();
  host.boot();
  host.events();
  const left = failed.initFailed?.properties ?? {};
  const inputs = await checked(wanted(), left);
  expect(inputs["plan"]).toEqual({ "domain db": "stopped for a reboot → running  [live]" });
  await server.update(machineId, left, inputs);
  expect(host.events()).toEqual(["start db"]);
});

test("a domain that does not start again is named and stays on the list; the others run", async () => {
  host.write({ [domainState("web")]: "running\n", [`/libvirt/${uuids.db}/broken`]: "" });
  const failed = await failureOf(server.create(await checked(wanted())));
  expect(failed.message).toContain("cannot start domain db: error: Failed to start domain 'db'");
  expect([host.domain("db"), host.domain("web")]).toEqual(["shut off", "running"]);
  expect(host.read(restartFile)).toBe(`${uuids.db} db\n`);
  rmSync(host.path(`/libvirt/${uuids.db}`), { recursive: true });
  host.events();
  await goesOn(failed);
  // Somebody has removed it since: there is nothing to start, and that is said once.
  expect(server.engine.logs.filter((one) => one.severity === "warning").at(-1)?.message).toContain(
    "domain db is gone: it cannot be started again",
  );
  expect([host.events(), host.has(restartFile)]).toEqual([[], false]);
});

test("libvirt starts a domain by itself at boot: it is not started twice", async () => {
  host.write({ [`/libvirt/${uuids.db}/autostart`]: "" });
  await server.create(await checked(wanted()));
  expect(host.events()).toEqual(["update-grub", "shutdown db", "systemctl --no-block reboot", "boot"]);
  expect(host.domain("db")).toBe("running");
});

test.each<[string, Record<string, string>, string]>([
  [
    "a transient domain",
    { [`/libvirt/${uuids.db}/transient`]: "" },
    "drain: db could not be started again, having no definition (transient): define or stop them first",
  ],
  [
    "a paused domain",
    { [domainState("db")]: "paused\n" },
    "drain: db cannot shut down while paused: resume or stop them first",
  ],
  [
    "a daemon that does not answer",
    { "/libvirt/down": "" },
    "drain: the domains that the reboot would stop are not known, because libvirt could not be asked: failed to connect to the hypervisor; Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory",
  ],
])("%s: the preview refuses the reboot", async (_, state, reason) => {
  host.write(state);
  expect(await refusals(wanted())).toEqual([reason]);
});

test("a domain that has started since the preview stops the run before its first write", async () => {
  const inputs = await checked(wanted());
  host.write({ [domainState("web")]: "running\n" });
  const before = host.state();
  const error = await failureOf(server.create(inputs));
  expect(error.message).toContain(
    "the host has changed since the preview, which did not show: domain web: running → shut down, rebooted under it, started again  [host-reboot]. Run again to see the whole plan.",
  );
  expect(host.state()).toEqual(before);
  expect(host.events()).toEqual([]);
});

test("a second stack is refused, with the owner's name", async () => {
  await server.create(await checked(host.inputs({ ...bootOnly, whenExceeded: "stage" })));
  const other = host.inputs({ ...bootOnly, whenExceeded: "stage" });
  host.write({
    "/var/lib/kvm-tuning/owner.json": `${JSON.stringify({ urn: "urn:pulumi:prod::racks::pulumi-nodejs:dynamic/kvm-tuning:HostTuning::kvm-01" })}\n`,
  });
  expect((await refusals(other))[0]).toContain(
    '127.0.0.1 is tuned by resource "kvm-01" of stack "prod" (project "racks") already',
  );
});

test("two runs at once: the second waits for the first's lock, and nothing is torn", async () => {
  const second = await startDynamicServer();
  try {
    const inputs = await checked(host.inputs({ kernelArguments: { nosmt: true }, whenExceeded: "stage" }));
    const late = (
      await second.check(host.inputs({ kernelArguments: { nosmt: true, quiet: null }, whenExceeded: "stage" }))
    ).inputs;
    host.ssh.fault(/kvm-tuning-trial/, { kind: "delay", milliseconds: 1000 });
    const one = server.create(inputs);
    await new Promise((resolve) => setTimeout(resolve, 400));
    const [first, other] = await Promise.all([one, second.create(late)]);
    expect(first.properties["pending"]).toEqual({ "kernelArguments.nosmt": "(not given) → nosmt  [host-reboot]" });
    expect(other.properties["pending"]).toEqual({
      "kernelArguments.nosmt": "(not given) → nosmt  [host-reboot]",
      "kernelArguments.quiet": "quiet → (not given)  [host-reboot]",
    });
    expect(host.events().filter((event) => event.startsWith("grub-editenv set"))).toHaveLength(2);
    expect(/^\s*linux\s.*$/m.exec(host.read("/boot/grub/custom.cfg"))?.[0].trim()).toBe(
      `linux /vmlinuz-6.1.0-56-amd64 root=/dev/vda1 ro nosmt kvm_tuning.trial=${bootId.trim()} panic=5`,
    );
  } finally {
    await second.stop();
  }
});
