import { rmSync } from "node:fs";

import { definition, fixtureHost, id, uuid, type FixtureHost } from "./fixture-host";
import { args, connection, created, failureOf, updated } from "./placed";

let host: FixtureHost;
afterEach(() => host.remove());
// A run is a dozen processes.
jest.setTimeout(60_000);

const placement = { vcpuPins: "2-3", emulatorPin: "0-1", iothreads: [{ id: 1, cpus: "1" }] };

describe("a domain that is shut off", () => {
  test("gets one define, and nothing is started", async () => {
    host = fixtureHost({ running: false });
    const outputs = await created(host, args({ ...placement, numa: { mode: "interleave", nodeset: "0-1" } }));
    expect(host.calls()).toEqual(["define /dev/stdin"]);
    expect(outputs["actual"]).toMatchObject({ "vcpuPins.0": "2", "numa.mode": "interleave" });
    const before = definition("db");
    await host.resource.delete({ id, outputs }, host.run);
    expect(host.inactive().trim()).toBe(before.trim());
  });

  test("costs nothing, whatever is changed: it needs no consent", async () => {
    host = fixtureHost({ running: false });
    const inputs = args({
      vcpuPins: "4-5",
      numa: { mode: "strict", nodeset: "1" },
      cpu: { mode: "host-passthrough" },
      memoryBacking: { locked: true },
      cpuShares: 200,
      maxDisruption: "none",
    });
    const checked = await host.checked(inputs);
    expect(checked.problems).toEqual([]);
    expect(checked.inputs).toMatchObject({
      impact: "none",
      plan: { "cpu.mode": "(absent) → host-passthrough  [none]" },
    });
    expect(Object.values(checked.inputs["plan"] as object).filter((line) => !String(line).endsWith("[none]"))).toEqual(
      [],
    );
    await created(host, inputs);
    expect(host.calls()).toEqual(["define /dev/stdin"]);
  });

  test("when it was first placed, and runs by now, is let go live too", async () => {
    host = fixtureHost({ running: false });
    const before = host.inactive();
    const outputs = await created(host, args({ vcpuPins: "2-3" }));
    host.virsh("start", uuid);
    host.newRun();
    const more = await updated(host, outputs, args({ vcpuPins: "2-3", emulatorPin: "1" }));
    expect(more["undo"]).toEqual({
      "vcpuPins.0": "removed  [live]",
      "vcpuPins.1": "removed  [live]",
      emulatorPin: "removed  [live]",
    });
    host.calls();
    await host.resource.delete({ id, outputs: more }, host.run);
    expect(host.calls()).toEqual([
      "define /dev/stdin",
      `emulatorpin ${uuid} 0-7 --live`,
      `vcpupin ${uuid} 0 0-7 --live`,
      `vcpupin ${uuid} 1 0-7 --live`,
    ]);
    expect(host.inactive().trimEnd()).toBe(before.trimEnd());
  });

  test("with snapshots is warned of: they hold the placement of their time", async () => {
    host = fixtureHost({ running: false, files: { [`/libvirt/${uuid}/snapshot`]: "" } });
    const outputs = await created(host, args({ emulatorPin: "0" }));
    const warning =
      '10.0.0.11: domain "db" has snapshots (virsh snapshot-list): each holds the definition of its time, and going back ' +
      "to one brings its placement back. Run `pulumi up` again after a virsh snapshot-revert";
    expect(host.warnings).toEqual([warning]);
    await updated(host, outputs, args({ emulatorPin: "0" }));
    expect(host.warnings).toEqual([warning]);
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

  test.each(["-rf", 'it\'s "db"', "a b;c", "größe 日本", "&lt;x&gt;", "a]]>b", "$(reboot)", "`x` \\\\n %s"])(
    "may be called %s",
    async (name) => {
      const escaped = asXml(name);
      host = fixtureHost({ running: false, xml: definition(escaped) });
      const outputs = await created(host, { connection, domain: name, vcpuPins: "4,2" });
      expect(host.calls()).toEqual(["define /dev/stdin"]);
      expect(host.inactive()).toBe(
        `${definition(escaped).replace("</vcpu>", "</vcpu>\n  <cputune>\n    <vcpupin vcpu='0' cpuset='4'/>\n    <vcpupin vcpu='1' cpuset='2'/>\n  </cputune>")}\n`,
      );
      expect(outputs["domainUuid"]).toBe(uuid);
    },
  );
});

/** As libvirt writes a text. */
function asXml(text: string): string {
  const entities: Readonly<Record<string, string>> = { "&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos" };
  return text.replaceAll(/[&<>"']/g, (one) => `&${entities[one] ?? ""};`);
}

test("a running domain's threads are found whatever it is called", async () => {
  const name = `größe "x" & <y> 'z' ]]> %s \\n`;
  host = fixtureHost({ running: true, xml: definition(asXml(name)) });
  const outputs = await created(host, { connection, domain: name, vcpuPins: "4,2" });
  expect(outputs["verification"]).toContainEqual({
    check: "vcpuPins.0",
    expected: "4",
    actual: "4",
    source: "/proc/PID/task/*/status of the domain's process, cpuset.cpus of the domain's cgroups",
    verdict: "pass",
  });
});

test("a transient domain is placed live alone, and what needs a new start is refused", async () => {
  host = fixtureHost({ running: true });
  rmSync(host.fixture.path(`/libvirt/${uuid}/inactive.xml`));
  const { problems } = await host.checked(
    args({ numa: { mode: "strict", nodeset: "0" }, maxDisruption: "vm-restart" }),
  );
  expect(problems).toEqual([
    "numa.mode: needs a new start, and this domain is transient: libvirt keeps no definition to start it from",
  ]);
  const outputs = await created(host, args({ vcpuPins: "2-3", cpuShares: 200 }));
  expect(host.calls()).toEqual([
    `vcpupin ${uuid} 0 2 --live`,
    `vcpupin ${uuid} 1 3 --live`,
    `schedinfo ${uuid} --set cpu_shares=200 --live`,
  ]);
  await host.resource.delete({ id, outputs }, host.run);
  expect(host.calls()).toEqual([
    `vcpupin ${uuid} 0 0-7 --live`,
    `vcpupin ${uuid} 1 0-7 --live`,
    `schedinfo ${uuid} --set cpu_shares=100 --live`,
  ]);
  expect(host.fixture.has(`/libvirt/${uuid}/inactive.xml`)).toBe(false);
});

describe("a host", () => {
  test("whose domain is not there yet gives a plan and a warning, and create says what is missing", async () => {
    host = fixtureHost({ running: false });
    const { inputs, problems } = await host.checked(args({ domain: "new", vcpuPins: { 0: "2" } }));
    expect(problems).toEqual([]);
    expect(inputs["plan"]).toEqual({ "vcpuPins.0": "(absent) → 2  [none]" });
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
