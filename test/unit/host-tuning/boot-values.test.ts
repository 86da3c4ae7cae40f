import { bootFiles } from "../../../provider/host-tuning/boot-values";
import { overriddenKeys } from "../../../provider/host-tuning/overridden-keys";
import { planHost, settingsOf } from "../../../provider/host-tuning/plan";
import type { KnobArgs } from "../../../provider/host-tuning/schema";
import { planText } from "../../../provider/plan-text";
import { snapshotOf, untunedFiles } from "../../support/snapshot";
import { simulatedHost } from "../../support/tuned-host/simulated-host";

const args = {
  numaBalancing: false,
  sysctl: { "vm.swappiness": "10", "net.ipv4.ip_local_port_range": "10000 65000" },
  hugepages: [{ size: "2M", nodes: { "1": 64, "0": 128 } }],
} as KnobArgs;
const valuesFile = "/etc/kvm-tuning/boot-values";
const sysctlFile = "/etc/sysctl.d/zz-kvm-tuning.conf";

function tuned(wanted: KnobArgs = args) {
  const host = simulatedHost(untunedFiles());
  host.run(planHost(wanted, host.snapshot()).steps);
  return host;
}
const plannedNow = (host: ReturnType<typeof tuned>) => planText(planHost(args, host.snapshot()).changes);

test("renders the same bytes from the same settings in another order", () => {
  const files = (wanted: KnobArgs) => bootFiles(settingsOf(wanted, snapshotOf({ files: untunedFiles() })));
  const [sysctl, values] = files(args);
  expect(sysctl?.content.split("\n").slice(2)).toEqual([
    "kernel.numa_balancing = 0",
    "net.ipv4.ip_local_port_range = 10000 65000",
    "vm.swappiness = 10",
    "",
  ]);
  expect(values?.content.split("\n").slice(1)).toEqual([
    "/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages 128",
    "/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages 64",
    "",
  ]);
  expect(
    files({
      ...args,
      sysctl: { "net.ipv4.ip_local_port_range": "10000 65000", "vm.swappiness": "10" },
      hugepages: [{ size: "2M", nodes: { "0": 128, "1": 64 } }],
    }),
  ).toEqual(files(args));
});

test("writes no unit where only sysctls are kept", () => {
  const files = bootFiles(settingsOf({ numaBalancing: true }, snapshotOf({ files: untunedFiles() })));
  expect(files.map(({ path, mode }) => [path, mode])).toEqual([[sysctlFile, "0644"]]);
});

test.each([
  ["/sys/x 1", { "/sys/x (at boot)": "1 → (absent)  [live]" }],
  ["/sys/x 1 2", { "/sys/x (at boot)": "1 2 → (absent)  [live]" }],
  ["garbage", { "garbage (at boot)": "(empty) → (absent)  [live]" }],
  ["# a note", { [valuesFile]: "edited → as declared  [live]" }],
])("says the line %j that somebody added to our list, and takes it out", (line, plan) => {
  const host = tuned();
  const text = host.snapshot().files.text(valuesFile) ?? "";
  host.write({ [valuesFile]: `${text}\n${line}` });
  expect(plannedNow(host)).toEqual(plan);
  host.run(planHost(args, host.snapshot()).steps);
  expect(host.snapshot().files.text(valuesFile)).toBe(text);
  expect(plannedNow(host)).toEqual({});
});

test.each([
  [
    "another comment",
    (text: string) => text.replace("Read at boot", "READ"),
    { [sysctlFile]: "edited → as declared  [live]" },
  ],
  [
    "no line of it",
    () => "",
    {
      "numaBalancing (at boot)": "(absent) → 0  [live]",
      "sysctl.net.ipv4.ip_local_port_range (at boot)": "(absent) → 10000 65000  [live]",
      "sysctl.vm.swappiness (at boot)": "(absent) → 10  [live]",
    },
  ],
  ["a line that is none", (text: string) => `${text}\nnonsense`, { [sysctlFile]: "edited → as declared  [live]" }],
])("says that our sysctl file has %s", (_name, edit, plan) => {
  const host = tuned();
  host.write({ [sysctlFile]: edit(host.snapshot().files.text(sysctlFile) ?? "") });
  expect(plannedNow(host)).toEqual(plan);
});

test("takes the unit away with the last value that needs it", () => {
  const host = tuned();
  const rest = { numaBalancing: false, sysctl: args.sysctl } as KnobArgs;
  const plan = planHost(rest, host.snapshot());
  expect(planText(plan.changes)).toEqual({
    "hugepages.2M.node0": "128 → 0  [live]",
    "hugepages.2M.node1": "64 → 0  [live]",
    "kvm-tuning.service": "enabled → (absent)  [live]",
  });
  host.run(plan.steps);
  expect(host.snapshot().files.text("/etc/systemd/system/kvm-tuning.service")).toBeUndefined();
  expect(host.snapshot().links.size).toBe(0);
  expect(host.commands).toEqual(["systemctl daemon-reload", "systemctl daemon-reload"]);
  expect(planHost(rest, host.snapshot()).changes).toEqual([]);
});

test("a pool that is dropped makes room before another one grows", () => {
  const host = tuned({ hugepages: [{ size: "2M", nodes: { "0": 1000 } }] });
  const plan = planHost({ hugepages: [{ size: "2M", nodes: { "1": 1000 } }] }, host.snapshot());
  expect(plan.steps.map((step) => step.kind)).toEqual(["writeFile", "restoreValues", "writeValues"]);
});

test.each([
  [
    "/etc/sysctl.d/zzz.conf at boot",
    { "/etc/sysctl.d/zzz.conf": "# site\nvm.swappiness=60" },
    [
      "vm.swappiness: at boot /etc/sysctl.d/zzz.conf:2 sets it to 60 and wins over /etc/sysctl.d/zz-kvm-tuning.conf:3 (10): remove that line",
    ],
  ],
  [
    "/etc/sysctl.conf for sysctl --system",
    { "/etc/sysctl.conf": "vm.swappiness = 1" },
    [
      "vm.swappiness: when somebody runs `sysctl --system`, /etc/sysctl.conf:1 sets it to 1 and wins over /etc/sysctl.d/zz-kvm-tuning.conf:3 (10): remove that line",
    ],
  ],
  ["a file that is read before ours", { "/etc/sysctl.d/99-site.conf": "vm.swappiness = 60" }, []],
  ["a line with the same value", { "/etc/sysctl.d/zzz.conf": "vm.swappiness = 10" }, []],
])("names what overrides our file: %s", (_name, more, warnings) => {
  const snapshot = snapshotOf({ files: { ...untunedFiles(), ...(more as Record<string, string>) } });
  const wanted = { sysctl: { "vm.swappiness": "10" } } as KnobArgs;
  expect(overriddenKeys(settingsOf(wanted, snapshot), snapshot)).toEqual(warnings);
});
