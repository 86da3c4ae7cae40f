import { rmSync } from "node:fs";

import { StepError } from "../../../provider/host/step-error";
import { PartialFailure, type Props } from "../../../provider/resource";
import { definition, fixtureHost, id, secret, uuid, type FixtureHost } from "./fixture-host";

const connection = { host: "10.0.0.11" };
const record = `/var/lib/kvm-tuning/domains/${uuid}/placement.json`;
let host: FixtureHost;
afterEach(() => host.remove());

const args = (more: Props): Props => ({ connection, domain: "db", ...more });

async function created(inputs: Props): Promise<Props> {
  const checked = await host.checked(inputs);
  expect(checked.problems).toEqual([]);
  const made = await host.resource.create({ inputs: checked.inputs }, host.run);
  expect(made.id).toBe(id);
  return made.outputs;
}

async function updated(outputs: Props, inputs: Props): Promise<Props> {
  const checked = await host.checked(inputs, outputs);
  expect(checked.problems).toEqual([]);
  return (await host.resource.update({ id, outputs, inputs: checked.inputs }, host.run)).outputs;
}

const failureOf = async (work: Promise<unknown>): Promise<Error> => {
  const error: unknown = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (error instanceof Error) return error;
  throw new Error("did not fail");
};

const placement = { vcpuPins: "2-3", emulatorPin: "0-1", iothreads: [{ id: 1, cpus: "1" }] };

describe("a running domain", () => {
  beforeEach(() => {
    host = fixtureHost({ running: true });
  });

  test("is placed by one define and the fewest live calls, in the same process, and verified by its threads", async () => {
    const checked = await host.checked(args(placement));
    expect(checked.inputs).toMatchObject({
      plan: {
        "vcpuPins.0": "(absent) → 2  [live]",
        "vcpuPins.1": "(absent) → 3  [live]",
        emulatorPin: "(absent) → 0-1  [live]",
        "iothreads.1": "(absent) → 1  [live]",
      },
      impact: "live",
    });
    const outputs = await created(args(placement));
    expect(host.calls()).toEqual([
      "define /dev/stdin",
      `vcpupin ${uuid} 0 2 --live`,
      `vcpupin ${uuid} 1 3 --live`,
      `emulatorpin ${uuid} 0-1 --live`,
      `iothreadadd ${uuid} 1 --live`,
      `iothreadpin ${uuid} 1 1 --live`,
    ]);
    expect(host.pid()).toBe("4000");
    expect(outputs).toMatchObject({
      plan: {},
      impact: "none",
      domainUuid: uuid,
      actual: { "vcpuPins.0": "2", "vcpuPins.0 (config)": "2", "iothreads.1": "1" },
      undo: { "vcpuPins.0": "removed  [live]", "iothreads.1": "removed  [live]" },
    });
    expect(outputs["verification"]).toContainEqual({
      check: "vcpuPins.1",
      expected: "3",
      actual: "3",
      source: "/proc/PID/task/*/status of the domain's process",
      verdict: "pass",
    });
    expect((outputs["verification"] as { verdict: string }[]).every(({ verdict }) => verdict === "pass")).toBe(true);
  });

  test("one changed pin is one define and one live call; nothing to do is nothing done", async () => {
    const outputs = await created(args(placement));
    host.calls();
    const moved = await updated(outputs, args({ ...placement, vcpuPins: { 0: "2", 1: "7" } }));
    expect(host.calls()).toEqual(["define /dev/stdin", `vcpupin ${uuid} 1 7 --live`]);
    const before = host.fixture.state();
    await updated(moved, args({ ...placement, vcpuPins: { 0: "2", 1: "7" } }));
    expect(host.calls()).toEqual([]);
    expect(host.fixture.state()).toEqual(before);
    const same = { id, outputs: moved, inputs: args({ ...placement, vcpuPins: { 0: "2", 1: "7" } }), unknowns: [] };
    expect(await host.resource.diff(same, host.run)).toEqual({ changes: false, replaces: [] });
  });

  test("the definition keeps its password, and the password goes nowhere else", async () => {
    const outputs = await created(args(placement));
    expect(host.inactive()).toContain(`passwd='${secret}'`);
    expect(host.inactive()).toContain("<!-- kept -->");
    expect(JSON.stringify(outputs)).not.toContain(secret);
    expect(host.fixture.read(record)).not.toContain(secret);
    expect(JSON.stringify(host.transport.requests.map(({ argv }) => argv))).not.toContain(secret);
    const elsewhere = Object.entries(host.fixture.state()).filter(([path]) => !path.startsWith("/libvirt"));
    expect(JSON.stringify(elsewhere)).not.toContain(secret);
  });

  test("delete puts back the definition byte for byte and lets the threads run everywhere", async () => {
    const before = host.inactive();
    const outputs = await created(args(placement));
    host.calls();
    await host.resource.delete({ id, outputs }, host.run);
    expect(host.inactive().trim()).toBe(before.trim());
    expect(host.calls()).toEqual([
      "define /dev/stdin",
      `vcpupin ${uuid} 0 0-7 --live`,
      `vcpupin ${uuid} 1 0-7 --live`,
      `emulatorpin ${uuid} 0-7 --live`,
      `iothreaddel ${uuid} 1 --live`,
    ]);
    expect(host.fixture.has("/var/lib/kvm-tuning")).toBe(false);
    expect(host.warnings).toEqual([]);
  });

  test("delete leaves and names what somebody else has changed", async () => {
    const outputs = await created(args(placement));
    host.virsh("vcpupin", uuid, "0", "6", "--live");
    host.calls();
    await host.resource.delete({ id, outputs }, host.run);
    expect(host.warnings).toEqual([
      '10.0.0.11: domain "db": vcpuPins.0: no longer in the program, but left as it is: someone else has changed it since (6)',
    ]);
    expect(host.calls()).not.toContain(`vcpupin ${uuid} 0 0-7 --live`);
  });

  test("retain leaves everything but the record", async () => {
    const outputs = await created(args({ ...placement, onDelete: "retain" }));
    host.calls();
    expect(outputs["undo"]).toEqual({ placement: "kept (onDelete: retain)" });
    await host.resource.delete({ id, outputs }, host.run);
    expect(host.calls()).toEqual([]);
    expect(host.live()).toContain("<vcpupin vcpu='0' cpuset='2'/>");
    expect(host.fixture.has(record)).toBe(false);
  });

  test("delete does not need to understand the placement that the state holds", async () => {
    const before = host.inactive();
    const outputs = await created(args(placement));
    const old = { ...outputs, emulatorPin: "all of them", noLongerTaken: 1 };
    await host.resource.delete({ id, outputs: old }, host.run);
    expect(host.inactive().trim()).toBe(before.trim());
    expect(host.fixture.has("/var/lib/kvm-tuning")).toBe(false);
  });

  test("a lost record comes back from the state, and what has left the program goes back in the run after", async () => {
    const first = await host.checked(args(placement));
    const made = await host.resource.create({ inputs: first.inputs }, host.run);
    const kept = JSON.parse(host.fixture.read(record)) as unknown;
    rmSync(host.fixture.path("/var/lib/kvm-tuning/domains"), { recursive: true });
    host.calls();
    // As the engine does: check is given the old inputs, which hold no copy of the record.
    const second = await host.checked(args({ vcpuPins: "2-3" }), first.inputs);
    expect(second.inputs["plan"]).toEqual({});
    const update = { id, outputs: made.outputs, inputs: second.inputs };
    const between = await host.resource.update(update, host.run);
    expect(host.calls()).toEqual([]);
    expect(JSON.parse(host.fixture.read(record))).toEqual(kept);
    expect(host.warnings).toEqual([
      '10.0.0.11: the record of domain "db" was lost on the host; its copy from the state is back. ' +
        "What has left the program goes back with the next `pulumi up`: emulatorPin, iothreads.1",
    ]);
    const third = await host.checked(args({ vcpuPins: "2-3" }), second.inputs);
    expect(third.inputs["plan"]).toEqual({
      emulatorPin: "0-1 → (absent)  [live]",
      "iothreads.1": "1 → (absent)  [live]",
    });
    const request = { id, outputs: between.outputs, inputs: third.inputs };
    expect(await host.resource.diff({ ...request, unknowns: [] }, host.run)).toEqual({ changes: true, replaces: [] });
    await host.resource.update(request, host.run);
    expect(host.calls()).toEqual([
      "define /dev/stdin",
      `emulatorpin ${uuid} 0-7 --live`,
      `iothreaddel ${uuid} 1 --live`,
    ]);
  });

  test("an argument that leaves the program goes back, and the plan says so", async () => {
    const outputs = await created(args(placement));
    host.calls();
    const { inputs } = await host.checked(args({ vcpuPins: "2-3" }), outputs);
    expect(inputs["plan"]).toEqual({ emulatorPin: "0-1 → (absent)  [live]", "iothreads.1": "1 → (absent)  [live]" });
    await host.resource.update({ id, outputs, inputs }, host.run);
    expect(host.calls()).toEqual([
      "define /dev/stdin",
      `emulatorpin ${uuid} 0-7 --live`,
      `iothreaddel ${uuid} 1 --live`,
    ]);
  });

  test("drift of the running domain is shown by refresh and repaired without a define", async () => {
    const outputs = await created(args(placement));
    host.virsh("vcpupin", uuid, "1", "5-6", "--live");
    host.calls();
    const read = await host.resource.read({ id, outputs }, host.run);
    expect(read?.inputs).toMatchObject({ vcpuPins: { 0: "2", 1: "5-6" }, emulatorPin: "0-1" });
    const { inputs } = await host.checked(args(placement), outputs);
    expect(inputs["plan"]).toEqual({ "vcpuPins.1": "5-6 → 3  [live]" });
    await host.resource.update({ id, outputs, inputs }, host.run);
    expect(host.calls()).toEqual([`vcpupin ${uuid} 1 3 --live`]);
  });

  test("a change that nobody was shown stops the run before the first write", async () => {
    const { inputs } = await host.checked(args({ vcpuPins: "2-3" }));
    host.virsh("emulatorpin", uuid, "4", "--live");
    const more = { ...inputs, emulatorPin: "0" };
    const error = await failureOf(host.resource.create({ inputs: more }, host.run));
    expect(error.message).toBe(
      "10.0.0.11: nothing was changed: the domain has changed since the preview, which did not show: " +
        "emulatorPin: 4 → 0  [live]; emulatorPin (config): (absent) → 0  [live]. Run again to see the whole plan.",
    );
    expect(host.fixture.has(record)).toBe(false);
  });

  test("a thread whose mask is not what libvirt says fails the run, with both", async () => {
    const { inputs } = await host.checked(args({ vcpuPins: { 0: "2" } }));
    host.virsh("vcpupin", uuid, "0", "2", "--live");
    host.fixture.write({ "/proc/4000/task/4010/status": "Name:\tCPU 0/KVM\nCpus_allowed_list:\t0-7\n" });
    const error = await failureOf(host.resource.create({ inputs }, host.run));
    expect(error).toBeInstanceOf(PartialFailure);
    expect(error.message).toContain(
      "vcpuPins.0: expected 2, the domain has 0-7 (/proc/PID/task/*/status of the domain's process)",
    );
  });

  test("a domain that is gone is gone", async () => {
    const outputs = await created(args(placement));
    rmSync(host.fixture.path(`/libvirt/${uuid}`), { recursive: true });
    expect(await host.resource.read({ id, outputs }, host.run)).toBeUndefined();
    await host.resource.delete({ id, outputs }, host.run);
    expect(host.fixture.has(record)).toBe(false);
  });

  test("two resources cannot own one domain", async () => {
    await created(args({ vcpuPins: { 0: "2" } }));
    const other = { ...host.run, urn: "urn:pulumi:dev::lab::t::mine" };
    const { problems } = await host.resource.check(
      { olds: undefined, news: args({ emulatorPin: "0" }), unknowns: [] },
      other,
    );
    expect(problems).toEqual([
      {
        path: "takeOwnership",
        reason:
          'domain "db" is placed by resource "db" of stack "prod" (project "racks") already, and two resources cannot both own one domain. ' +
          "Remove it there (pulumi destroy), or, if that stack is lost, set takeOwnership: true here.",
      },
    ]);
  });
});

describe("what needs a restart", () => {
  const numa = { numa: { mode: "strict", nodeset: "0" }, vcpuPins: "2-3" };
  beforeEach(() => {
    host = fixtureHost({ running: true });
  });

  test("is refused in the preview without consent, naming each setting", async () => {
    expect((await host.checked(args(numa))).problems).toEqual([
      'maxDisruption: domain "db" would have to be restarted, and maxDisruption allows live: ' +
        "numa.mode: (absent) → strict  [vm-restart]; numa.nodeset: (absent) → 0  [vm-restart]",
    ]);
  });

  test("and what needs none is refused too where nothing may be written", async () => {
    expect((await host.checked(args({ emulatorPin: "0", maxDisruption: "none" }))).problems).toEqual([
      "maxDisruption: this change is made live, and maxDisruption allows none: emulatorPin: (absent) → 0  [live]",
    ]);
  });

  test("is one shutdown, one define and one start", async () => {
    const outputs = await created(args({ ...numa, maxDisruption: "vm-restart" }));
    expect(host.calls()).toEqual([`shutdown ${uuid}`, "define /dev/stdin", `start ${uuid}`]);
    expect(host.pid()).toBe("5000");
    expect(outputs["actual"]).toMatchObject({ "numa.mode": "strict", "numa.nodeset": "0", "vcpuPins.0": "2" });
  });

  test("leaves a paused domain paused", async () => {
    host.fixture.write({ [`/libvirt/${uuid}/paused`]: "" });
    await created(args({ ...numa, maxDisruption: "vm-restart" }));
    expect(host.calls()).toEqual([`shutdown ${uuid}`, "define /dev/stdin", `start ${uuid} --paused`]);
  });

  test("a start that fails puts the old definition back, starts it, and says why", async () => {
    host.fixture.write({ "/libvirt/unstartable": "<numatune>" });
    const before = host.inactive();
    const { inputs } = await host.checked(args({ ...numa, maxDisruption: "vm-restart" }));
    const error = await failureOf(host.resource.create({ inputs }, host.run));
    expect(error).toBeInstanceOf(PartialFailure);
    expect(error.message).toContain(
      'domain "db" could not be started with the new definition. The old one is back and the domain runs again.',
    );
    expect(error.message).toContain("NUMA node 1 is unavailable");
    expect((error.cause as Error).cause).toBeInstanceOf(StepError);
    expect(host.inactive().trim()).toBe(before.trim());
    expect(host.live().trim()).toBe(before.trim());
    expect(host.calls()).toEqual([
      `shutdown ${uuid}`,
      "define /dev/stdin",
      `start ${uuid}`,
      "define /dev/stdin",
      `start ${uuid}`,
    ]);
    expect(JSON.parse(host.fixture.read(record))).not.toHaveProperty("restart");
  });

  test("a guest that does not shut down keeps its definition, and the message says what to do", async () => {
    host.fixture.write({ "/libvirt/stubborn": "" });
    const before = host.inactive();
    const { inputs } = await host.checked(args({ ...numa, maxDisruption: "vm-restart", shutdownTimeoutSeconds: 1 }));
    const error = await failureOf(host.resource.create({ inputs }, host.run));
    expect(error.message).toContain(
      'domain "db" did not shut down within 1 s (it is running); its definition was not changed.',
    );
    expect(host.inactive()).toBe(before);
  });

  test("a guest that shuts down after the run has given up is started by the next one, and the preview says so", async () => {
    host.fixture.write({ "/libvirt/stubborn": "" });
    const inputs = args({ ...numa, maxDisruption: "vm-restart", shutdownTimeoutSeconds: 1 });
    const checked = await host.checked(inputs);
    const error = await failureOf(host.resource.create({ inputs: checked.inputs }, host.run));
    if (!(error instanceof PartialFailure)) throw error;
    rmSync(host.fixture.path("/libvirt/stubborn"));
    host.virsh("shutdown", uuid);
    host.calls();
    const again = await host.checked(inputs, checked.inputs);
    expect(again.inputs["plan"]).toMatchObject({ state: "shut off → running  [live]" });
    await host.resource.update({ id, outputs: error.outputs, inputs: again.inputs }, host.run);
    expect(host.calls()).toEqual(["define /dev/stdin", `start ${uuid}`]);
    expect(host.live()).toContain("<memory mode='strict' nodeset='0'/>");
    expect(JSON.parse(host.fixture.read(record))).not.toHaveProperty("restart");
  });

  test("a guest that shuts down late is started by delete too, also where the placement is retained", async () => {
    host.fixture.write({ "/libvirt/stubborn": "" });
    const inputs = args({ ...numa, maxDisruption: "vm-restart", shutdownTimeoutSeconds: 1, onDelete: "retain" });
    const checked = await host.checked(inputs);
    const error = await failureOf(host.resource.create({ inputs: checked.inputs }, host.run));
    if (!(error instanceof PartialFailure)) throw error;
    rmSync(host.fixture.path("/libvirt/stubborn"));
    host.virsh("shutdown", uuid);
    host.calls();
    await host.resource.delete({ id, outputs: error.outputs }, host.run);
    expect(host.calls()).toEqual([`start ${uuid}`]);
    expect(host.fixture.has(record)).toBe(false);
  });

  test("undo names what delete does without consent to a restart, and delete does that", async () => {
    const outputs = await created(args({ ...numa, maxDisruption: "vm-restart" }));
    expect(outputs["undo"]).toMatchObject({
      "numa.mode": "removed  [vm-restart]",
      "vcpuPins.0": "removed  [live]",
    });
    const careful = await updated(outputs, args({ ...numa, maxDisruption: "live" }));
    const stays = "until the domain is started anew: its definition has the original again";
    expect(careful["undo"]).toEqual({
      "numa.mode": `stays strict ${stays}`,
      "numa.nodeset": `stays 0 ${stays}`,
      "numa.mode (config)": "removed  [live]",
      "numa.nodeset (config)": "removed  [live]",
      "vcpuPins.0": "removed  [live]",
      "vcpuPins.1": "removed  [live]",
    });
    host.calls();
    await host.resource.delete({ id, outputs: careful }, host.run);
    expect(host.calls()).toEqual(["define /dev/stdin", `vcpupin ${uuid} 0 0-7 --live`, `vcpupin ${uuid} 1 0-7 --live`]);
    expect(host.warnings).toEqual([
      `10.0.0.11: domain "db": numa.mode stays strict ${stays}`,
      `10.0.0.11: domain "db": numa.nodeset stays 0 ${stays}`,
    ]);
  });

  test("an interrupted restart is finished by the next run, and the preview says so", async () => {
    const inputs = args({ ...numa, maxDisruption: "vm-restart" });
    const checked = await host.checked(inputs);
    host.fixture.write({ "/libvirt/unstartable": "<domain" });
    const error = await failureOf(host.resource.create({ inputs: checked.inputs }, host.run));
    expect(error.message).toContain('domain "db" is shut off and does not start, with its old definition either');
    host.fixture.write({ "/libvirt/unstartable": "nothing holds this" });
    host.calls();
    if (!(error instanceof PartialFailure)) throw error;
    const { outputs } = error;
    const again = await host.checked(inputs, outputs);
    expect(again.inputs["plan"]).toMatchObject({
      state: "shut off → running  [live]",
      "numa.mode": "(absent) → strict  [live]",
    });
    await host.resource.update({ id, outputs, inputs: again.inputs }, host.run);
    expect(host.calls()).toEqual(["define /dev/stdin", `start ${uuid}`]);
    expect(JSON.parse(host.fixture.read(record))).not.toHaveProperty("restart");
  });
});

describe("a domain that is shut off", () => {
  test("gets one define, and nothing is started", async () => {
    host = fixtureHost({ running: false });
    const outputs = await created(args({ ...placement, numa: { mode: "interleave", nodeset: "0-1" } }));
    expect(host.calls()).toEqual(["define /dev/stdin"]);
    expect(outputs["actual"]).toMatchObject({ "vcpuPins.0": "2", "numa.mode": "interleave" });
    const before = definition("db");
    await host.resource.delete({ id, outputs }, host.run);
    expect(host.inactive().trim()).toBe(before.trim());
  });

  test("and saved is warned of before its definition is changed", async () => {
    host = fixtureHost({ running: false });
    host.fixture.write({ [`/libvirt/${uuid}/managedsave`]: "" });
    expect((await host.checked(args({ emulatorPin: "0" }))).problems).toEqual([]);
    expect(host.warnings).toEqual([
      '10.0.0.11: domain "db" is saved (virsh managedsave): its next start resumes it with the placement it was saved ' +
        "with, whatever its definition says. Run `pulumi up` again once it runs",
    ]);
    const { problems } = await host.checked(args({ numa: { mode: "strict", nodeset: "1" } }));
    expect(problems.map((problem) => problem.split(":")[0])).toEqual(["numa.mode", "numa.nodeset"]);
  });

  test.each(["-rf", 'it\'s "db"', "a b;c", "größe 日本", "&lt;x&gt;", "$(reboot)"])(
    "may be called %s",
    async (name) => {
      const escaped = name.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
      host = fixtureHost({ running: false, xml: definition(escaped) });
      const outputs = await created({ connection, domain: name, vcpuPins: "4,2" });
      expect(host.calls()).toEqual(["define /dev/stdin"]);
      expect(host.inactive()).toBe(
        `${definition(escaped).replace("</vcpu>", "</vcpu>\n  <cputune>\n    <vcpupin vcpu='0' cpuset='4'/>\n    <vcpupin vcpu='1' cpuset='2'/>\n  </cputune>")}\n`,
      );
      expect(outputs["domainUuid"]).toBe(uuid);
    },
  );
});

describe("a host", () => {
  test("whose domain is not there yet gives a plan and a warning, and create says what is missing", async () => {
    host = fixtureHost({ running: false });
    const { inputs, problems } = await host.checked(args({ domain: "new", vcpuPins: { 0: "2" } }));
    expect(problems).toEqual([]);
    expect(inputs["plan"]).toEqual({ "vcpuPins.0": "(absent) → 2  [live]" });
    expect(host.warnings).toEqual([
      '10.0.0.11: there is no domain "new" yet: it must be there when this resource is made',
    ]);
    const error = await failureOf(host.resource.create({ inputs }, host.run));
    expect(error.message).toBe(
      '10.0.0.11: there is no domain "new". Make it first (dependsOn the resource that does), then run again. Nothing was changed.',
    );
  });

  test("without a libvirt daemon is refused with libvirt's words", async () => {
    host = fixtureHost({ running: false });
    host.fixture.write({ "/libvirt/down": "" });
    expect((await host.checked(args({ emulatorPin: "0" }))).problems).toEqual([
      "domain: libvirt on this host cannot be asked: failed to connect to the hypervisor; Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory",
    ]);
  });
});
