/* The provider process dies (SIGKILL) before any command of a run with a reboot, or in the middle of the reboot. */
import { setTimeout as sleep } from "node:timers/promises";
import { machineId } from "../../support/fixture-root";
import { startGrubHost, type GrubHost } from "../../support/grub-host";
import { domainState } from "../../support/grub-host/fixture";
import { bootOnly, consent } from "../../support/grub-host/tuning";
import { type DynamicServer, startDynamicServer } from "../../support/pulumi/dynamic-server";
import type { Props } from "../../support/pulumi/provider-client";

// The first of these tests builds the package.
jest.setTimeout(60_000);

let host: GrubHost;
/** Goes on where the killed one stopped. */
let next: DynamicServer;
/** The next one to be killed: it starts while the one before it is at work. */
let spare: Promise<DynamicServer>;
let before: Readonly<Record<string, string>>;
let undisturbed: Readonly<Record<string, string>>;

/** Without what differs between two runs that end alike: the notes of what was written, and the name of the trial. */
const outcome = () =>
  Object.fromEntries(
    Object.entries(host.lasting())
      .filter(([path]) => !path.startsWith("/var/lib/kvm-tuning/journal/"))
      .map(([path, text]) => [path, text.replace(/ kvm_tuning\.trial=\S+/, " kvm_tuning.trial=TOKEN")]),
  );

function takeDoomed(): Promise<DynamicServer> {
  const doomed = spare;
  spare = doomed.then(() => startDynamicServer());
  return doomed;
}

async function run(server: DynamicServer, state?: Props): Promise<Props> {
  const { inputs } = await server.check(host.inputs({ ...bootOnly, ...consent }), state);
  const done = state === undefined ? server.create(inputs) : server.update(machineId, state, inputs);
  return (await done).properties;
}

/** Delete, and a boot without our arguments: the host as it was found. */
async function takeBack(state: Props): Promise<void> {
  await next.delete(machineId, state);
  host.write({ [domainState("db")]: "shut off\n" });
  host.boot();
  host.write({ [domainState("db")]: "running\n" });
  expect(host.lasting()).toEqual(before);
}

async function recovers(): Promise<void> {
  const state = await run(next);
  expect(outcome()).toEqual(undisturbed);
  expect([host.domain("db"), host.domain("web")]).toEqual(["running", "shut off"]);
  expect(host.events()).not.toContainEqual(expect.stringMatching(/^power cut/));
  await takeBack(state);
}

/**
 * From the first write (the owner) to more than a run has: the trial, reading, drain, reading, boot_id, reboot; then
 * boot_id (once more if the host is slow), lock, reading, keeping the trial, fragment, update-grub, its end, start, reading.
 * Around a reboot a reading is two.
 */
const points = Array.from({ length: 24 }, (_none, index) => index + 6);
let commands = 0;

beforeAll(async () => {
  spare = startDynamicServer();
  [host, next] = await Promise.all([startGrubHost(), startDynamicServer()]);
  before = host.lasting();
  const from = host.ssh.execs.length;
  const state = await run(next);
  commands = host.ssh.execs.length - from;
  expect(commands).toBeLessThan(points.at(-1) ?? 0);
  undisturbed = outcome();
  await takeBack(state);
});
beforeEach(() => host.events());
afterAll(async () => {
  await Promise.all([next.stop(), spare.then((server) => server.stop())]);
  await host.close();
});

test.each(points)(
  "killed before its command %i: the next run ends as an undisturbed one, and delete restores every byte",
  async (n) => {
    if (n > commands) return;
    const doomed = await takeDoomed();
    const from = host.ssh.execs.length;
    host.ssh.fault(n, { kind: "noAnswer" });
    const over = run(doomed).then(
      () => true,
      () => true,
    );
    const reached = () => host.ssh.execs.length >= from + n;
    while (!reached() && !(await Promise.race([over, sleep(5, false)])));
    expect(reached()).toBe(true);
    await doomed.stop("SIGKILL");
    await over;
    await recovers();
  },
);

test("killed while the host reboots: the next run starts the domains, and no second reboot happens", async () => {
  const doomed = await takeDoomed();
  const rebooting = new Promise<void>((resolve) => {
    host.onReboot = async () => {
      await doomed.stop("SIGKILL");
      resolve();
    };
  });
  const over = run(doomed).catch(() => undefined);
  await Promise.all([rebooting, over]);
  while (!host.events().includes("boot")) await sleep(5);
  await recovers();
});

test("killed in the middle of taking its arguments back: the next run takes the rest back", async () => {
  const staged = await next.create(
    (await next.check(host.inputs({ ...bootOnly, whenExceeded: "stage", trialBoot: "off" }))).inputs,
  );
  const doomed = await takeDoomed();
  const { inputs } = await doomed.check(host.inputs({}), staged.properties);
  const from = host.ssh.execs.length;
  host.ssh.fault("grub-script-check", { kind: "noAnswer" });
  const over = doomed.update(machineId, staged.properties, inputs).catch(() => undefined);
  const reached = () => host.ssh.execs.slice(from).some(({ command }) => command.includes("grub-script-check"));
  while (!reached()) await sleep(5);
  await doomed.stop("SIGKILL");
  await over;
  expect(host.read("/etc/default/grub.d/zz-kvm-tuning.cfg")).toContain("# Nothing is managed.\n");
  expect(host.read("/boot/grub/grub.cfg")).toContain("isolcpus");

  const again = (await next.check(host.inputs({}), staged.properties)).inputs;
  expect(again["plan"]).toEqual({
    "/etc/default/grub.d/zz-kvm-tuning.cfg": "not as declared → as declared  [live]",
  });
  const { properties } = await next.update(machineId, staged.properties, again);
  expect(host.has("/etc/default/grub.d/zz-kvm-tuning.cfg")).toBe(false);
  await next.delete(machineId, properties);
  expect(host.lasting()).toEqual(before);
});
