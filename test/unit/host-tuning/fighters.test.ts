import { daemons, fighters, takenOver } from "../../../provider/host-tuning/fighters";
import type { Setting } from "../../../provider/host-tuning/knob";
import { planHost, settingsOf, snapshotRequest } from "../../../provider/host-tuning/plan";
import type { KnobArgs } from "../../../provider/host-tuning/schema";
import { undoAll } from "../../../provider/host-tuning/undo";
import { planText } from "../../../provider/plan-text";
import { snapshotOf, untunedFiles } from "../../support/snapshot";
import { simulatedHost } from "../../support/tuned-host/simulated-host";

const row = (name: string): Setting => ({
  name,
  desired: "a",
  actual: "b",
  impact: "live",
  source: "/sys/x",
  write: [],
  boot: [],
});
const active = { activeState: "active", unitFileState: "enabled" };
const texts = (names: readonly string[], units: Record<string, object>, files: Record<string, string> = {}) =>
  fighters(names.map(row), snapshotOf({ units, files })).map(({ text }) => text);

describe.each(daemons)("$unit", ({ unit, writes, unless = [] }) => {
  test.each(writes)("is against %s while it runs, and while it starts at every boot", (argument) => {
    expect(texts([`${argument}.x`, "maxDisruption"], { [unit]: active })).toEqual([
      expect.stringMatching(
        new RegExp(`^${unit.replaceAll(".", "\\.")} \\(active\\) may write ${argument}\\.x too: it `),
      ),
    ]);
    const boots = { activeState: "inactive", unitFileState: "enabled" };
    expect(texts([argument], { [unit]: boots })[0]).toContain(
      `${unit} (starts at the next boot) may write ${argument} too`,
    );
  });

  test("is not against what it does not write, nor when it does not run", () => {
    const none = { activeState: "inactive", unitFileState: "disabled" };
    expect(texts(writes, { [unit]: none })).toEqual([]);
    expect(texts(writes, { [unit]: { ...none, unitFileState: "masked" } })).toEqual([]);
    expect(texts(writes, {})).toEqual([]);
    expect(texts(["vcpus"], { [unit]: active })).toEqual([]);
    for (const other of unless) expect(texts([...writes, other], { [unit]: active })).toEqual([]);
  });

  test("is not against a row that is not applicable, nor if the program stops it by itself", () => {
    const snapshot = snapshotOf({ units: { [unit]: active } });
    const rows = writes.map(row);
    expect(
      fighters(
        rows.map((one) => ({ ...one, notApplicable: "no cpufreq" })),
        snapshot,
      ),
    ).toEqual([]);
    expect(fighters([...rows, { ...row(`services.${unit}`), stops: unit }], snapshot)).toEqual([]);
  });
});

test("names six settings and counts the rest", () => {
  const names = [1, 2, 3, 4, 5, 6, 7, 8].map((number) => `sysctl.vm.x${number}`);
  expect(texts(names, { "tuned.service": active })[0]).toContain(
    "may write sysctl.vm.x1, sysctl.vm.x2, sysctl.vm.x3, sysctl.vm.x4, sysctl.vm.x5, sysctl.vm.x6 and 2 more too",
  );
});

test("names TuneD's profile and its file", () => {
  expect(texts(["ksm"], { "tuned.service": active }, { "/etc/tuned/active_profile": "virtual-host" })[0]).toContain(
    "tuned.service (active, profile virtual-host, /etc/tuned/active_profile:1) may write ksm too",
  );
});

test("names TuneD's arguments in GRUB's environment, with the line", () => {
  const files = {
    "/boot/grub/grubenv": "# GRUB Environment Block\nsaved_entry=0\ntuned_params=isolcpus=2-3 quiet\n###",
  };
  const kernel = { keys: ["isolcpus", "nohz_full"], arguments: [] };
  expect(fighters([{ ...row("isolation"), kernel }], snapshotOf({ files }))).toEqual([
    {
      text: "/boot/grub/grubenv:3 (TuneD) may write isolation too: isolcpus=2-3 quiet; choose a TuneD profile without a [bootloader] section, or remove the line (grub-editenv - unset tuned_params)",
    },
  ]);
  expect(fighters([{ ...row("x"), kernel: { keys: ["nosmt"], arguments: [] } }], snapshotOf({ files }))).toEqual([]);
});

describe("the modes", () => {
  const sysctl = { "vm.swappiness": "10" };
  const files = { ...untunedFiles(), "/etc/sysctl.d/zzz.conf": "vm.swappiness=60" };
  const link = "/etc/systemd/system/multi-user.target.wants/tuned.service";
  const host = () =>
    simulatedHost(
      files,
      { "tuned.service": active, "numad.service": active },
      { [link]: "/lib/systemd/system/tuned.service" },
    );
  const args = (conflicts: "warn" | "takeOver" | "fail") => ({ sysctl, conflicts }) as KnobArgs;
  const tuned =
    "tuned.service (active) may write sysctl.vm.swappiness too: it applies its profile at every start and when it is told to, over what was set since";
  const line =
    "vm.swappiness: at boot /etc/sysctl.d/zzz.conf:1 sets it to 60 and wins over /etc/sysctl.d/zz-kvm-tuning.conf:3 (10): remove that line";

  test('"warn" says all and changes nothing of it', () => {
    const plan = planHost(args("warn"), host().snapshot());
    expect([plan.problems, plan.warnings]).toEqual([[], [tuned, line]]);
    expect(plan.steps.filter(({ kind }) => kind === "stopUnit")).toEqual([]);
  });

  test('"fail" refuses all at once', () => {
    const plan = planHost(args("fail"), host().snapshot());
    expect(plan.problems).toEqual([tuned, line].map((reason) => ({ path: "conflicts", reason })));
    expect(plan.warnings).toEqual([]);
  });

  test('"takeOver" stops the service, leaves the file of others, and is undone', () => {
    const simulated = host();
    const before = simulated.state();
    const plan = planHost(args("takeOver"), simulated.snapshot());
    expect(planText(plan.changes)).toMatchObject({ "services.tuned.service": "active → stopped  [live]" });
    expect([plan.problems, plan.warnings]).toEqual([[], [line]]);
    expect(plan.steps.map(({ kind }) => kind)).toEqual(["stopUnit", "writeFile", "removeLink", "run", "writeValues"]);
    simulated.run(plan.steps);
    // It is stopped now, and stays taken over.
    expect(settingsOf(args("takeOver"), simulated.snapshot()).map(({ name }) => name)).toContain(
      "services.tuned.service",
    );
    expect(planHost(args("takeOver"), simulated.snapshot()).changes).toEqual([]);
    simulated.run(undoAll(simulated.snapshot()).steps);
    expect(simulated.state()).toEqual(before);
  });

  test("another mode later gives the service back", () => {
    const simulated = host();
    simulated.run(planHost(args("takeOver"), simulated.snapshot()).steps);
    const plan = planHost(args("warn"), simulated.snapshot());
    expect(planText(plan.changes)).toEqual({ "services.tuned.service": "stopped → active  [live]" });
    simulated.run(plan.steps);
    expect(simulated.snapshot().units.get("tuned.service")).toMatchObject(active);
    expect(simulated.snapshot().links.get(link)).toBe("/lib/systemd/system/tuned.service");
  });

  test("what was right already is written again after the one who made it was stopped", () => {
    const simulated = host();
    simulated.write({ "/proc/sys/vm/swappiness": "10" });
    const kinds = planHost(args("takeOver"), simulated.snapshot()).steps.map(({ kind }) => kind);
    expect(kinds.slice(-2)).toEqual(["recordValues", "writeValues"]);
    expect(planHost(args("warn"), simulated.snapshot()).steps.map(({ kind }) => kind)).toEqual([
      "writeFile",
      "recordValues",
    ]);
  });

  test("a second name of a unit is not taken over by itself", () => {
    const units = { "tuned-ppd.service": active, "power-profiles-daemon.service": active };
    const link = "/etc/systemd/system/power-profiles-daemon.service";
    const snapshot = snapshotOf({ units, links: { [link]: "/usr/lib/systemd/system/tuned-ppd.service" } });
    expect(takenOver([row("cpuGovernor")], snapshot)).toEqual(["tuned-ppd.service"]);
  });

  test("only a takeover asks for the daemons' links", () => {
    expect(snapshotRequest(args("warn"), []).units).toBeUndefined();
    expect(snapshotRequest(args("takeOver"), []).units).toEqual(daemons.map(({ unit }) => unit).sort());
  });
});
