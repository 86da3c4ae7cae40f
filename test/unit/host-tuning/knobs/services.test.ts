import { services } from "../../../../provider/host-tuning/knobs/services";
import { planHost, snapshotRequest, verifications } from "../../../../provider/host-tuning/plan";
import type { KnobArgs } from "../../../../provider/host-tuning/schema";
import { undoAll } from "../../../../provider/host-tuning/undo";
import { planText } from "../../../../provider/plan-text";
import { snapshotOf } from "../../../support/snapshot";
import { simulatedHost } from "../../../support/tuned-host/simulated-host";

type Desired = Record<string, "stopped" | "masked">;
const folder = "/etc/systemd/system";
const rows = (desired: Desired, parts: Parameters<typeof snapshotOf>[0]) =>
  services.settings(services.schema.parse(desired), snapshotOf(parts));

test.each([
  ["running", { activeState: "active", unitFileState: "disabled" }, "active", "active"],
  ["starting", { activeState: "activating", unitFileState: "enabled" }, "active", "active"],
  ["not running, enabled", { activeState: "inactive", unitFileState: "enabled" }, "enabled", "enabled"],
  ["enabled until the next boot", { activeState: "inactive", unitFileState: "enabled-runtime" }, "stopped", "stopped"],
  ["failed and disabled", { activeState: "failed", unitFileState: "disabled" }, "stopped", "stopped"],
  ["masked by others", { activeState: "inactive", unitFileState: "masked" }, "stopped", "masked"],
])("a unit that is %s", (...[, state, asStopped, asMasked]) => {
  const units = { "numad.service": state };
  expect(rows({ numad: "stopped" }, { units })[0]).toMatchObject({
    name: "services.numad.service",
    desired: "stopped",
    actual: asStopped,
  });
  expect(rows({ numad: "masked" }, { units })[0]).toMatchObject({ desired: "masked", actual: asMasked });
});

test("a unit that is not installed is not applicable", () => {
  const units = { "numad.service": { loadState: "not-found", activeState: "inactive", unitFileState: "" } };
  for (const parts of [{ units }, {}])
    expect(rows({ numad: "stopped" }, parts)[0]?.notApplicable).toBe("this host has no such unit");
});

test("takes away what starts the unit, and only that", () => {
  const links = {
    [`${folder}/multi-user.target.wants/numad.service`]: "/lib/systemd/system/numad.service",
    [`${folder}/x.service.requires/numad.service`]: "/lib/systemd/system/numad.service",
    [`${folder}/numa.service`]: "/lib/systemd/system/numad.service",
    [`${folder}/numad.service`]: "/opt/numad.service",
    [`${folder}/multi-user.target.wants/numad.service.d`]: "/x",
    [`${folder}/multi-user.target.wants/ksmtuned.service`]: "/lib/systemd/system/ksmtuned.service",
    "/run/systemd/system/multi-user.target.wants/numad.service": "/lib/systemd/system/numad.service",
  };
  expect(
    rows({ numad: "stopped" }, { units: { "numad.service": { unitFileState: "enabled" } }, links })[0]?.links,
  ).toEqual([
    { path: `${folder}/multi-user.target.wants/numad.service`, to: null },
    { path: `${folder}/numa.service`, to: null },
    { path: `${folder}/x.service.requires/numad.service`, to: null },
  ]);
});

test.each([
  ["generated", 'an init script or a generator starts numad.service at boot: give "masked" instead of "stopped"'],
  ["enabled", 'numad.service is enabled, but not by a link in /etc/systemd/system: give "masked" instead of "stopped"'],
  ["disabled", undefined],
])("a unit whose file is %s, without a link", (unitFileState, problem) => {
  const units = { "numad.service": { activeState: "active", unitFileState } };
  expect(rows({ numad: "stopped" }, { units })[0]?.problem).toBe(problem);
  expect(rows({ numad: "masked" }, { units })[0]?.problem).toBeUndefined();
});

test("warns that a static unit may come back", () => {
  const units = { "numad.service": { activeState: "active", unitFileState: "static" } };
  expect(rows({ numad: "stopped" }, { units })[0]?.warning).toContain('"masked" keeps it from that');
  expect(rows({ numad: "masked" }, { units })[0]?.warning).toBeUndefined();
});

const refused =
  "is not stopped by this package: the connection to the host, its virtual machines or the system itself need it";
const needed = ["sshd", "ssh.service", "ssh.socket", "dbus-broker", "systemd-networkd", "networking", "NetworkManager"];
const ours = [
  "libvirtd",
  "libvirt-guests",
  "virtqemud.socket",
  "virtlogd",
  "virtqemud-ro.socket",
  "kvm-tuning",
  "sshd@1",
];
test.each<[string, string]>([
  ...[...needed, ...ours].map((unit): [string, string] => [unit, refused]),
  ["multi-user.target", "must be a service, a socket, a timer or a path"],
  ["-x", 'must be the name of a unit of systemd, such as "ksmtuned" or "tuned.service"'],
  ["a b", 'must be the name of a unit of systemd, such as "ksmtuned" or "tuned.service"'],
  ["a/b", 'must be the name of a unit of systemd, such as "ksmtuned" or "tuned.service"'],
  ["", 'must be the name of a unit of systemd, such as "ksmtuned" or "tuned.service"'],
])("refuses the unit %j", (unit, reason) => {
  const issues = services.schema.safeParse({ [unit]: "stopped" }).error?.issues ?? [];
  expect(issues.flatMap((issue) => ("issues" in issue ? issue.issues.map(({ message }) => message) : []))).toContain(
    reason,
  );
});

test.each(["ksmtuned", "irqbalance.service", "apt-daily.timer", "virtual-x", "serial-getty-x"])("takes %j", (unit) => {
  expect(services.schema.safeParse({ [unit]: "masked" }).success).toBe(true);
});

test("refuses one unit under two names, and other words", () => {
  expect(services.schema.safeParse({ tuned: "stopped", "tuned.service": "masked" }).error?.issues).toMatchObject([
    { path: ["tuned.service"], message: "tuned.service is given twice" },
  ]);
  expect(services.schema.safeParse({ tuned: "started" }).success).toBe(false);
});

describe("a life", () => {
  const link = `${folder}/multi-user.target.wants/numad.service`;
  const start = () =>
    simulatedHost(
      { [`${folder}/numad.service`]: "[Service]" },
      { "numad.service": { activeState: "active", unitFileState: "enabled" } },
      { [link]: `${folder}/numad.service` },
    );
  const args = (desired: Desired) => ({ services: desired }) as KnobArgs;

  test("stopped, then masked, then stopped, then given back", () => {
    const host = start();
    const before = host.state();
    const step = (desired: Desired, change: Record<string, string>) => {
      const plan = planHost(args(desired), host.snapshot());
      expect(planText(plan.changes)).toEqual(change);
      host.run(plan.steps);
      expect(planHost(args(desired), host.snapshot())).toMatchObject({ changes: [], steps: [] });
      expect(verifications(args(desired), host.snapshot()).map(({ verdict }) => verdict)).toEqual(["pass"]);
    };
    step({ numad: "stopped" }, { "services.numad.service": "active → stopped  [live]" });
    expect(host.snapshot().links.size).toBe(0);
    step({ numad: "masked" }, { "services.numad.service": "stopped → masked  [live]" });
    expect(host.snapshot().links.get(`${folder}/numad.service`)).toBe("/dev/null");
    step({ numad: "stopped" }, { "services.numad.service": "masked → stopped  [live]" });
    expect(host.snapshot().files.text(`${folder}/numad.service`)).toBe("[Service]");

    const undo = undoAll(host.snapshot());
    expect(planText(undo.changes)).toEqual({ "services.numad.service": "stopped → active  [live]" });
    host.run(undo.steps);
    expect(host.state()).toEqual(before);
  });

  test("one that has left the program is started before values are written", () => {
    const host = start();
    host.run(planHost(args({ numad: "stopped" }), host.snapshot()).steps);
    const plan = planHost({ services: {} }, host.snapshot());
    expect(plan.steps.map(({ kind }) => kind)).toEqual(["restoreFile", "run", "restoreUnit"]);
  });

  test("one that was removed from the host meanwhile is named and forgotten", () => {
    const host = start();
    host.run(planHost(args({ numad: "stopped" }), host.snapshot()).steps);
    const gone = {
      ...host.snapshot(),
      units: new Map([["numad.service", { loadState: "not-found", activeState: "inactive", unitFileState: "" }]]),
    };
    const undo = undoAll(gone);
    expect(undo.left).toEqual([
      { setting: "services.numad.service", actual: "no such unit", why: "it was removed from the host" },
    ]);
    expect(undo.steps.map(({ kind }) => kind)).not.toContain("restoreUnit");
  });

  test("drift: a service that runs again is no longer named, one that is masked is", () => {
    const units = {
      "a.service": { activeState: "active" },
      "b.service": { activeState: "inactive", unitFileState: "disabled" },
    };
    const desired: Desired = { a: "stopped", b: "masked", c: "stopped" };
    expect(services.observe(desired, snapshotOf({ units }))).toEqual({ b: "stopped", c: "stopped" });
  });

  test("the snapshot is asked for the units of the program and of the journal", () => {
    const host = start();
    host.run(planHost(args({ numad: "stopped" }), host.snapshot()).steps);
    expect(snapshotRequest(args({ tuned: "stopped" }), host.snapshot().journal).units).toEqual([
      "numad.service",
      "tuned.service",
    ]);
  });
});
