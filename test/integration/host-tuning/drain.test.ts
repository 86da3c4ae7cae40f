/* Domains and a reboot: the order, saving instead of shutting down, and when a host may be rebooted at all. */
import { machineId } from "../../support/fixture-root";
import { startGrubHost, type GrubHost } from "../../support/grub-host";
import { bootIdFile, domainState, uuids } from "../../support/grub-host/fixture";
import { bootOnly, bootOnlyPlanned } from "../../support/grub-host/tuning";
import { type DynamicServer, startDynamicServer } from "../../support/pulumi/dynamic-server";
import { failureOf } from "../../support/pulumi/failure-of";
import type { Props } from "../../support/pulumi/provider-client";

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
  host.write({ [domainState("web")]: "running\n" });
  bootId = host.read(bootIdFile);
});
afterEach(() => host.close());

const wanted = (drain: Props, more: Props = {}): Props =>
  host.inputs({ ...bootOnly, maxDisruption: "host-reboot", trialBoot: "off", drain, ...more });

async function checked(inputs: Props, olds?: Props): Promise<Props> {
  const answer = await server.check(inputs, olds);
  expect(answer.failures).toEqual([]);
  return answer.inputs;
}

const ofDomains = () => host.events().filter((event) => /^(shutdown|managedsave|start) /.test(event));

test("an order: the last that starts is the first that stops, one after the other", async () => {
  const inputs = await checked(wanted({ method: "shutdown", timeoutSeconds: 5, order: ["web", "db"] }));
  await server.create(inputs);
  expect(ofDomains()).toEqual(["shutdown db", "shutdown web", "start web", "start db"]);
  expect(host.read(bootIdFile)).not.toBe(bootId);
  expect(host.has(restartFile)).toBe(false);
});

test("an order, and one that does not stop: those behind it have not been touched, all run, in order", async () => {
  host.write({ [`/libvirt/${uuids.web}/stubborn`]: "" });
  const inputs = await checked(wanted({ method: "shutdown", timeoutSeconds: 1, order: ["db", "web"] }));
  const failed = await failureOf(server.create(inputs));
  expect(failed.message).toContain("these domains did not shut down within 1 s: web. What had stopped runs again");
  expect(ofDomains()).toEqual(["shutdown web"]);
  expect([host.domain("db"), host.domain("web"), host.read(bootIdFile)]).toEqual(["running", "running", bootId]);
});

test("managedSave: saved, rebooted, started again from what was saved; autostart is as it was", async () => {
  const inputs = await checked(wanted({ method: "managedSave", timeoutSeconds: 5 }));
  expect(inputs["plan"]).toMatchObject({
    "domain db": "running → saved to disk, rebooted under it, started again  [host-reboot]",
  });
  await server.create(inputs);
  expect(ofDomains()).toEqual(["managedsave db", "managedsave web", "start db", "start web"]);
  expect([host.domain("db"), host.domain("web")]).toEqual(["running", "running"]);
  expect(host.has(`/libvirt/${uuids.db}/autostart`)).toBe(false);
});

test("a domain that cannot be saved: the one that was is started again, nothing is rebooted, libvirt's words are told", async () => {
  host.write({ [`/libvirt/${uuids.web}/unsaveable`]: "" });
  const inputs = await checked(wanted({ method: "managedSave", timeoutSeconds: 5 }));
  const failed = await failureOf(server.create(inputs));
  expect(failed.message).toContain(
    "domain web was not saved: error: Requested operation is not valid: cannot migrate domain: 0000:03:00.0: VFIO migration is not supported. What had stopped runs again; nothing was rebooted.",
  );
  expect(ofDomains()).toEqual(["managedsave db", "managedsave web", "start db"]);
  expect([host.domain("db"), host.domain("web"), host.read(bootIdFile)]).toEqual(["running", "running", bootId]);
  expect(host.has(restartFile)).toBe(false);
});

test("a save that takes too long is given up, and says after how long", async () => {
  host.write({ [`/libvirt/${uuids.db}/slow-save`]: "" });
  const inputs = await checked(wanted({ method: "managedSave", timeoutSeconds: 1 }));
  const failed = await failureOf(server.create(inputs));
  expect(failed.message).toContain("domain db was not saved within 1 s");
  expect([host.domain("db"), host.domain("web"), host.read(bootIdFile)]).toEqual(["running", "running", bootId]);
});

describe("a reboot window", () => {
  const clock = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString().slice(11, 16);
  const drain = { method: "shutdown", timeoutSeconds: 5 };

  test("outside: written for the next boot and pending, no reboot; within: the reboot", async () => {
    const closed = { rebootWindow: { from: clock(2), to: clock(3) } };
    const inputs = await checked(wanted(drain, closed));
    expect(inputs["impact"]).toBe("live");
    const { properties: staged } = await server.create(inputs);
    expect(staged).toMatchObject({ plan: {}, impact: "none", pending: bootOnlyPlanned });
    expect(host.read(bootIdFile)).toBe(bootId);
    // A second run changes nothing.
    expect((await server.diff(machineId, staged, wanted(drain, closed))).changes).toBe("none");

    const open = { rebootWindow: { from: clock(-1), to: clock(1) } };
    const again = await checked(wanted(drain, open), staged);
    expect(again["impact"]).toBe("host-reboot");
    const { properties: done } = await server.update(machineId, staged, again);
    expect(done).toMatchObject({ pending: {}, impact: "none" });
    expect(host.read(bootIdFile)).not.toBe(bootId);
  });

  test("domains that run are no obstacle to staging", async () => {
    const inputs = wanted({ method: "refuse" }, { rebootWindow: { from: clock(2), to: clock(3) } });
    expect((await server.check(inputs)).failures).toEqual([]);
  });
});

test("maxUnavailable with a lease host: the lease is there while the host reboots, and gone after it", async () => {
  const leases = "/var/lib/kvm-tuning/leases/rack-7";
  const connection = host.inputs({})["connection"] as Props;
  const inputs = wanted(
    { method: "shutdown", timeoutSeconds: 5 },
    { maxUnavailable: { count: 1, group: "rack-7", leaseHost: connection } },
  );
  let seen = "";
  host.onReboot = () => {
    seen = host.read(leases);
  };
  await server.create(await checked(inputs));
  expect(seen).toMatch(/^\d+ \S+ held\n$/);
  expect(host.has(leases)).toBe(false);
});
