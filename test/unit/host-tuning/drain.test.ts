import { runningDomains } from "../../../provider/host-tuning/domains";
import {
  domainChanges,
  drainProblem,
  inStartOrder,
  leftStopped,
  orderWarnings,
  stopGroups,
} from "../../../provider/host-tuning/drain";
import type { HostTuningArgs } from "../../../provider/host-tuning/schema";
import type { DomainSnapshot, HostSnapshot } from "../../../provider/host/snapshot";
import { planText, surprises } from "../../../provider/plan-text";
import { snapshotOf } from "../../support/snapshot";

const domain = (name: string, more: Partial<DomainSnapshot> = {}): DomainSnapshot => ({
  uuid: `uuid-of-${name}`,
  name,
  state: "running",
  persistent: true,
  autostart: false,
  managedSave: false,
  snapshots: false,
  ...more,
});

function host(domains: readonly DomainSnapshot[], more: Partial<HostSnapshot> = {}): HostSnapshot {
  return { ...snapshotOf({}), libvirt: { domains, records: new Map(), capabilities: new Map() }, ...more };
}

const args = (method: HostTuningArgs["drain"]["method"], order: string[] = []) =>
  ({ drain: { method, timeoutSeconds: 120, order } }) as unknown as HostTuningArgs;
const left = (...names: string[]) => ({ leftStopped: names.map((name) => `uuid-of-${name} ${name}`) });
const shown = (snapshot: HostSnapshot, reboot: boolean) => planText(domainChanges(snapshot, { reboot }));
const passing = domain("c", { state: "in a passing state" });

test("what a reboot would stop: all that is not shut off, by name", () => {
  const found = host([domain("b"), domain("a", { state: "paused" }), domain("d", { state: "shut off" }), passing]);
  expect(runningDomains(found).map(({ name }) => name)).toEqual(["a", "b", "c"]);
  expect(runningDomains(snapshotOf({}))).toEqual([]);
});

test("a line of the preview for each, only where there is a reboot", () => {
  const found = host([domain("web"), domain("db"), domain("off", { state: "shut off" })]);
  expect(shown(found, true)).toEqual({
    "domain db": "running → shut down, rebooted under it, started again  [host-reboot]",
    "domain web": "running → shut down, rebooted under it, started again  [host-reboot]",
  });
  expect(shown(found, false)).toEqual({});
});

test("names with blanks come back whole from the list on the host", () => {
  expect(leftStopped(host([], { leftStopped: ["11-22 my old  db"] }))).toEqual([{ uuid: "11-22", name: "my old  db" }]);
});

test("what an earlier run has left stopped is a line, also when it runs by now", () => {
  const found = host([domain("db", { state: "shut off" }), domain("web")], left("db", "web"));
  expect(shown(found, false)).toEqual({
    "domain db": "stopped for a reboot → running  [live]",
    "domain web": "running, but was told to shut down for a reboot → running  [live]",
  });
});

test("with a reboot to come there is one line a domain, so that the truth guard can compare it", () => {
  const found = host([domain("db", { state: "shut off" }), domain("web")], left("db", "web"));
  const changes = domainChanges(found, { reboot: true });
  expect(planText(changes)).toEqual({
    "domain db": "stopped for a reboot → running  [live]",
    "domain web": "running → shut down, rebooted under it, started again  [host-reboot]",
  });
  expect(changes).toHaveLength(2);
  expect(surprises(changes, planText(changes))).toEqual([]);
});

describe("why a host is not rebooted", () => {
  test.each<[string, "refuse" | "shutdown", { domains: readonly DomainSnapshot[]; reason: string | undefined }]>([
    ["nothing runs", "refuse", { domains: [domain("off", { state: "shut off" })], reason: undefined }],
    [
      "domains run and nobody has agreed to stop them",
      "refuse",
      {
        domains: [domain("web"), domain("db")],
        reason:
          'the reboot would stop db, web: shut them down first, or set drain: { method: "shutdown" } or { method: "managedSave" }',
      },
    ],
    ["they may be shut down", "shutdown", { domains: [domain("web"), domain("db")], reason: undefined }],
    [
      "transient ones would be gone",
      "shutdown",
      {
        domains: [domain("web"), domain("tmp", { persistent: false })],
        reason: "tmp could not be started again, having no definition (transient): define or stop them first",
      },
    ],
    [
      "paused ones do not hear it",
      "shutdown",
      {
        domains: [domain("web", { state: "paused" }), domain("tmp", { persistent: false })],
        reason:
          "tmp could not be started again, having no definition (transient): define or stop them first; " +
          "web cannot shut down while paused: resume or stop them first",
      },
    ],
  ])("%s (%s)", (_, method, { domains, reason }) => {
    expect(drainProblem(args(method), host(domains))).toBe(reason);
  });

  const silent = {
    libvirt: { unavailable: "no answer", domains: [], records: new Map<string, string>(), capabilities: new Map() },
  };

  test.each(["libvirtd.service", "virtqemud.service"])(
    "%s is there and does not answer: its domains may run",
    (unit) => {
      const found = { ...snapshotOf({ units: { [unit]: {} } }), ...silent };
      expect(drainProblem(args("shutdown"), found)).toBe(
        "the domains that the reboot would stop are not known, because libvirt could not be asked: no answer",
      );
    },
  );

  test("a host without libvirt has no domains", () => {
    expect(drainProblem(args("refuse"), { ...snapshotOf({ units: {} }), ...silent })).toBeUndefined();
  });
});

describe("in order", () => {
  const all = ["a", "app", "b", "db"].map((name) => domain(name));
  const names = (domains: readonly { name: string }[]) => domains.map(({ name }) => name);

  test("those that are named start first, in their order, and stop last, in the reverse", () => {
    expect(names(inStartOrder(all, ["db", "app"]))).toEqual(["db", "app", "a", "b"]);
    expect(stopGroups(all, ["db", "app"]).map(names)).toEqual([["a", "b"], ["app"], ["db"]]);
  });

  test("without an order all stop at once", () => {
    expect(stopGroups(all, []).map(names)).toEqual([["a", "app", "b", "db"]]);
    expect(stopGroups([], ["db"])).toEqual([]);
  });

  test("a name that no domain has is told", () => {
    expect(orderWarnings(args("shutdown", ["db", "dbb"]), host(all))).toEqual([
      "drain.order: no domain of this host is named dbb",
    ]);
    expect(orderWarnings(args("shutdown", ["db"]), host(all))).toEqual([]);
  });
});

test("managedSave takes a paused domain, which comes back as it was; the preview says what happens", () => {
  const found = host([domain("db", { state: "paused" })]);
  expect(drainProblem(args("managedSave"), found)).toBeUndefined();
  expect(drainProblem(args("shutdown"), found)).toContain("cannot shut down while paused");
  expect(drainProblem(args("managedSave"), host([domain("db", { persistent: false })]))).toContain("transient");
  expect(planText(domainChanges(found, { reboot: true, method: "managedSave" }))).toEqual({
    "domain db": "paused → saved to disk, rebooted under it, started again  [host-reboot]",
  });
});
