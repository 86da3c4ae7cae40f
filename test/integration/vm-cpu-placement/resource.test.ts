import { rmSync } from "node:fs";

import { PartialFailure } from "../../../provider/resource";
import { fixtureHost, id, secret, uuid, type FixtureHost } from "./fixture-host";
import { args, created, failureOf, updated } from "./placed";

const record = `/var/lib/kvm-tuning/domains/${uuid}/placement.json`;
let host: FixtureHost;
afterEach(() => host.remove());
// A run is a dozen processes.
jest.setTimeout(60_000);

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
    const outputs = await created(host, args(placement));
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
      source: "/proc/PID/task/*/status of the domain's process, cpuset.cpus of the domain's cgroups",
      verdict: "pass",
    });
    expect((outputs["verification"] as { verdict: string }[]).every(({ verdict }) => verdict === "pass")).toBe(true);
  });

  test("one changed pin is one define and one live call; nothing to do is nothing done", async () => {
    const outputs = await created(host, args(placement));
    host.calls();
    const moved = await updated(host, outputs, args({ ...placement, vcpuPins: { 0: "2", 1: "7" } }));
    expect(host.calls()).toEqual(["define /dev/stdin", `vcpupin ${uuid} 1 7 --live`]);
    const before = host.fixture.state();
    await updated(host, moved, args({ ...placement, vcpuPins: { 0: "2", 1: "7" } }));
    expect(host.calls()).toEqual([]);
    expect(host.fixture.state()).toEqual(before);
    const same = { id, outputs: moved, inputs: args({ ...placement, vcpuPins: { 0: "2", 1: "7" } }), unknowns: [] };
    expect(await host.resource.diff(same, host.run)).toEqual({ changes: false, replaces: [] });
  });

  test("the definition keeps its password, and the password goes nowhere else", async () => {
    const outputs = await created(host, args(placement));
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
    const outputs = await created(host, args(placement));
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
    const outputs = await created(host, args(placement));
    host.virsh("vcpupin", uuid, "0", "6", "--live");
    host.calls();
    await host.resource.delete({ id, outputs }, host.run);
    expect(host.warnings).toEqual([
      '10.0.0.11: domain "db": vcpuPins.0: no longer in the program, but left as it is: someone else has changed it since (6)',
    ]);
    expect(host.calls()).not.toContain(`vcpupin ${uuid} 0 0-7 --live`);
  });

  test("retain leaves everything but the record", async () => {
    const outputs = await created(host, args({ ...placement, onDelete: "retain" }));
    host.calls();
    expect(outputs["undo"]).toEqual({ placement: "kept (onDelete: retain)" });
    await host.resource.delete({ id, outputs }, host.run);
    expect(host.calls()).toEqual([]);
    expect(host.live()).toContain("<vcpupin vcpu='0' cpuset='2'/>");
    expect(host.fixture.has(record)).toBe(false);
  });

  test("delete does not need to understand the placement that the state holds", async () => {
    const before = host.inactive();
    const outputs = await created(host, args(placement));
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
    const outputs = await created(host, args(placement));
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
    const outputs = await created(host, args(placement));
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
        "emulatorPin: 4 → 0  [live]; emulatorPin (config): (absent) → 0  [none]. Run again to see the whole plan.",
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
    const outputs = await created(host, args(placement));
    rmSync(host.fixture.path(`/libvirt/${uuid}`), { recursive: true });
    expect(await host.resource.read({ id, outputs }, host.run)).toBeUndefined();
    await host.resource.delete({ id, outputs }, host.run);
    expect(host.fixture.has(record)).toBe(false);
  });

  test("two resources cannot own one domain", async () => {
    await created(host, args({ vcpuPins: { 0: "2" } }));
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
