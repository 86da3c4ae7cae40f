import { applied, refreshed } from "../../../provider/host-tuning/outputs";
import { planHost } from "../../../provider/host-tuning/plan";
import { parseArgs, type HostTuningArgs } from "../../../provider/host-tuning/schema";
import type { Props } from "../../../provider/resource";
import { untunedFiles } from "../../support/snapshot";
import { simulatedHost } from "../../support/tuned-host/simulated-host";

const inputs = {
  connection: { host: "kvm-01", insecureIgnoreHostKey: true },
  numaBalancing: false,
  sysctl: { "vm.swappiness": 10, "net/ipv4/ip_local_port_range": " 10000  65000" },
  cpuGovernor: [{ cpus: "0,1", governor: "performance" }],
  hugepages: [{ size: "2048K", nodes: { "1": 4 } }],
  plan: { x: "y" },
  impact: "live",
  __urn: "urn",
};

function argumentsOf(props: Props): HostTuningArgs {
  const parsed = parseArgs(props);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.args;
}

function tuned() {
  const host = simulatedHost(untunedFiles());
  const args = argumentsOf(inputs);
  host.run(planHost(args, host.snapshot()).steps);
  return { host, outputs: applied({ args, inputs, snapshot: host.snapshot() }) };
}
const refresh = (host: ReturnType<typeof tuned>["host"], outputs: Props) =>
  refreshed({ args: argumentsOf(outputs), outputs, snapshot: host.snapshot() });

test("a refresh of an unchanged host gives the same bytes, and every value in the program's spelling", () => {
  const { host, outputs } = tuned();
  const first = refresh(host, outputs);
  expect(JSON.stringify(refresh(host, first.outputs))).toBe(JSON.stringify(first));
  expect(first.outputs).toEqual(outputs);
  const { plan: _plan, impact: _impact, __urn: _urn, ...given } = inputs;
  expect(first.inputs).toEqual({ ...given, plan: {}, impact: "none", undo: outputs["undo"] });
});

test("a refresh shows what has changed, and the next one the same bytes again", () => {
  const { host, outputs } = tuned();
  host.write({
    "/proc/sys/vm/swappiness": "33",
    "/proc/sys/kernel/numa_balancing": "2",
    "/sys/devices/system/cpu/cpu1/cpufreq/scaling_governor": "schedutil",
  });
  const first = refresh(host, outputs);
  expect(first.inputs).toMatchObject({
    numaBalancing: true,
    sysctl: { "vm.swappiness": "33", "net/ipv4/ip_local_port_range": " 10000  65000" },
    cpuGovernor: [
      { cpus: "0", governor: "performance" },
      { cpus: "1", governor: "schedutil" },
    ],
    hugepages: inputs.hugepages,
  });
  expect(first.outputs["actual"]).toMatchObject({ numaBalancing: "2", "sysctl.vm.swappiness": "33" });
  const second = refresh(host, first.outputs);
  expect(second.inputs).toEqual(first.inputs);
  expect(second.outputs["verification"]).toEqual(first.outputs["verification"]);
});

test("outputs hold no time, no boot id and no free memory", () => {
  const { host, outputs } = tuned();
  const text = JSON.stringify(outputs);
  expect(text).not.toContain(host.snapshot().bootId);
  expect(text).not.toMatch(/\d{4}-\d\d-\d\dT|MemFree/);
});
