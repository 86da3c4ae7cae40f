import { smt } from "../../../../provider/host-tuning/knobs/smt";
import type { DomainSnapshot } from "../../../../provider/host/snapshot";
import { snapshotOf } from "../../../support/snapshot";
import { powerFiles } from "../../../support/tuned-host/recorded-power";

const folder = "/sys/devices/system/cpu";
const host = (control: string, domains?: readonly DomainSnapshot[]) => {
  const files = {
    ...powerFiles({ online: [0, 1, 2, 3], smt: control, cores: ["0,2", "1,3"] }),
    [`${folder}/online`]: "0-3",
  };
  const snapshot = snapshotOf({ files });
  if (domains === undefined) return snapshot;
  return {
    ...snapshot,
    libvirt: { domains, records: new Map<string, string>(), capabilities: new Map<"kvm", string>() },
  };
};
const row = (desired: "on" | "off" | "forceoff", snapshot: ReturnType<typeof host>) =>
  smt.settings(desired, snapshot)[0];

function domain(state: DomainSnapshot["state"], more: Partial<DomainSnapshot>): DomainSnapshot {
  const fixed = { uuid: "u", name: "db", persistent: true, autostart: false, managedSave: false, snapshots: false };
  return { ...fixed, state, ...more };
}
const threads = (cpus: string) => ({ process: { pid: 1, threads: [{ tid: 2, name: "CPU 0/KVM", cpus }] } });

test("off is said with the CPUs that go and what becomes of pins", () => {
  expect(row("off", host("on"))).toMatchObject({ actual: "on", desired: "off", impact: "live" });
  expect(row("off", host("on"))?.warning).toBe(
    "CPUs 2-3 go offline: a thread that is pinned to them alone may run on any CPU from then on, also when they are back. The kernel argument nosmt keeps them offline from the start of the boot on",
  );
  expect(row("forceoff", host("on"))?.warning).toContain(
    "and until the next boot nothing brings them back, delete included",
  );
  expect(row("off", host("off"))?.warning).toBeUndefined();
});

test.each([
  ["a thread on a sibling that goes", domain("running", threads("3")), "db: CPU 0/KVM on 3"],
  ["a thread on both siblings", domain("running", threads("1,3")), "db: CPU 0/KVM on 1,3"],
  ["a thread that may run anywhere", domain("running", threads("0-3")), undefined],
  ["a thread on a CPU that stays", domain("running", threads("1")), undefined],
  ["a domain that is off", domain("shut off", threads("3")), undefined],
  [
    "threads that were not read",
    domain("paused", { live: "<cputune><vcpupin vcpu='0' cpuset='2'/><emulatorpin cpuset='0-1'/></cputune>" }),
    "db: vcpupin on 2",
  ],
])("refused for a running domain with %s", (_name, one, pinned) => {
  expect(row("off", host("on", [one]))?.problem).toBe(
    pinned === undefined
      ? undefined
      : `CPUs 2-3 would go offline under running domains that are pinned to them: ${pinned}. Pin them elsewhere first: the kernel would let them run anywhere, for good`,
  );
  expect(row("off", host("off", [one]))?.problem).toBeUndefined();
});

test("domains that were not asked for are not missed", () => {
  expect(row("off", host("on"))?.problem).toBeUndefined();
});

test.each([
  ["notsupported", "the CPUs have no SMT, or the firmware has switched it off"],
  ["notimplemented", "this kernel cannot switch SMT at run time (an architecture without CONFIG_HOTPLUG_SMT)"],
])("%s is not applicable", (control, reason) => {
  expect(row("off", host(control))).toMatchObject({ notApplicable: reason, actual: control });
});

test("forced off is not to be had back without a boot", () => {
  expect(row("on", host("forceoff"))?.problem).toBe(
    "SMT is forced off (nosmt=force, or forceoff was written), and the kernel changes it no more until it boots without that",
  );
  expect(row("forceoff", host("forceoff"))?.problem).toBeUndefined();
});

test("on comes before the other values, and what comes online gets its own at the end", () => {
  const snapshot = host("off");
  const files = { [`${folder}/online`]: "0-1", [`${folder}/present`]: "0-3", [`${folder}/smt/control`]: "off" };
  const found = row("on", snapshotOf({ files }));
  expect(found?.goesFirst).toBe(true);
  expect(found?.follow?.[0]?.slice(3)).toEqual(["kvm-tuning", "cpu2", "cpu3"]);
  expect(row("off", snapshot)?.goesFirst).toBeUndefined();
});
