import { rmSync } from "node:fs";

import { StepError } from "../../../provider/host/step-error";
import { TransportError } from "../../../provider/transport/transport";
import { PartialFailure } from "../../../provider/resource";
import { fixtureHost, id, uuid, type FixtureHost } from "./fixture-host";
import { args, created, failureOf, restarted, updated } from "./placed";

const record = `/var/lib/kvm-tuning/domains/${uuid}/placement.json`;
let host: FixtureHost;
afterEach(() => host.remove());
// A run is a dozen processes.
jest.setTimeout(60_000);

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
    const outputs = await created(host, args({ ...numa, maxDisruption: "vm-restart" }));
    expect(host.calls()).toEqual(restarted(uuid));
    expect(host.pid()).toBe("5000");
    expect(outputs["actual"]).toMatchObject({ "numa.mode": "strict", "numa.nodeset": "0", "vcpuPins.0": "2" });
  });

  test("leaves a paused domain paused", async () => {
    host.fixture.write({ [`/libvirt/${uuid}/paused`]: "" });
    await created(host, args({ ...numa, maxDisruption: "vm-restart" }));
    expect(host.calls()).toEqual(["define /dev/stdin", `shutdown ${uuid}`, `start ${uuid} --paused`]);
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
    expect(host.calls()).toEqual([...restarted(uuid), "define /dev/stdin", `start ${uuid}`]);
    expect(JSON.parse(host.fixture.read(record))).not.toHaveProperty("restart");
  });

  test("a guest that does not shut down runs on, its new definition waits, and the message says what to do", async () => {
    host.fixture.write({ "/libvirt/stubborn": "" });
    const before = host.live();
    const { inputs } = await host.checked(args({ ...numa, maxDisruption: "vm-restart", shutdownTimeoutSeconds: 1 }));
    const error = await failureOf(host.resource.create({ inputs }, host.run));
    expect(error.message).toContain(
      'domain "db" did not shut down within 1 s (it is running); it runs on as it was, and its new definition waits for its ' +
        "next start. If it still shuts down later, it stays off until the next run, which starts it again. Look whether the " +
        "guest answers ACPI or runs a guest agent, raise shutdownTimeoutSeconds, shut it down by hand, or set forceOff: true " +
        "to have it switched off, and run again.",
    );
    expect(host.calls()).toEqual(["define /dev/stdin", `shutdown ${uuid}`]);
    expect(host.live()).toBe(before);
    expect(host.inactive()).toContain("<memory mode='strict' nodeset='0'/>");
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
    expect(host.calls()).toEqual([`start ${uuid}`]);
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
    const outputs = await created(host, args({ ...numa, maxDisruption: "vm-restart" }));
    expect(outputs["undo"]).toMatchObject({
      "numa.mode": "removed  [vm-restart]",
      "vcpuPins.0": "removed  [live]",
    });
    const careful = await updated(host, outputs, args({ ...numa, maxDisruption: "live" }));
    const stays = "until the domain is started anew: its definition has the original again";
    expect(careful["undo"]).toEqual({
      "numa.mode": `stays strict ${stays}`,
      "numa.nodeset": `stays 0 ${stays}`,
      "numa.mode (config)": "removed  [none]",
      "numa.nodeset (config)": "removed  [none]",
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

  test("a start that fails after a run was cut off behind its define goes back to what the domain ran with", async () => {
    const before = host.inactive();
    const inputs = args({ ...numa, maxDisruption: "vm-restart" });
    const first = await host.checked(inputs);
    host.intercept = (request, exec) => {
      if (request.argv.some((text) => text.includes(" shutdown "))) throw new TransportError("connectionLost", "lost");
      return exec(request);
    };
    const cut = await failureOf(host.resource.create({ inputs: first.inputs }, host.run));
    if (!(cut instanceof PartialFailure)) throw cut;
    host.intercept = undefined;
    expect(host.inactive()).toContain("<numatune>");
    expect(host.live()).toBe(before);
    host.calls();
    host.fixture.write({ "/libvirt/unstartable": "<numatune>" });
    const second = await host.checked(inputs, cut.outputs);
    const update = { id, outputs: cut.outputs, inputs: second.inputs };
    const error = await failureOf(host.resource.update(update, host.run));
    expect(error.message).toContain("The old one is back and the domain runs again.");
    expect(host.calls()).toEqual([`shutdown ${uuid}`, `start ${uuid}`, "define /dev/stdin", `start ${uuid}`]);
    expect(host.inactive()).not.toContain("<numatune>");
    expect(host.live()).not.toContain("<numatune>");
  });

  test("what libvirt does not take as a definition costs no outage", async () => {
    host.fixture.write({ "/libvirt/unacceptable": "<numatune>" });
    const before = host.inactive();
    const { inputs } = await host.checked(args({ ...numa, maxDisruption: "vm-restart" }));
    const error = await failureOf(host.resource.create({ inputs }, host.run));
    expect(error.message).toContain("XML error: the stand-in does not take this");
    expect(host.calls()).toEqual(["define /dev/stdin"]);
    expect(host.live()).toBe(before);
    expect(host.inactive()).toBe(before);
  });

  test("a guest that does not shut down is switched off only where the program says so", async () => {
    host.fixture.write({ "/libvirt/stubborn": "" });
    const inputs = args({ ...numa, maxDisruption: "vm-restart", shutdownTimeoutSeconds: 1, forceOff: true });
    await created(host, inputs);
    expect(host.calls()).toEqual(["define /dev/stdin", `shutdown ${uuid}`, `destroy ${uuid}`, `start ${uuid}`]);
    expect(host.warnings).toEqual(['domain "db" did not shut down within 1 s: it is switched off']);
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
      "numa.mode": "(absent) → strict  [none]",
    });
    await host.resource.update({ id, outputs, inputs: again.inputs }, host.run);
    expect(host.calls()).toEqual(["define /dev/stdin", `start ${uuid}`]);
    expect(JSON.parse(host.fixture.read(record))).not.toHaveProperty("restart");
  });
});
