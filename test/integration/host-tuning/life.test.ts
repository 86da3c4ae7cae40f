import { type DynamicServer, startDynamicServer } from "../../support/pulumi/dynamic-server";
import type { Props } from "../../support/pulumi/provider-client";
import { machineId } from "../../support/fixture-root";
import { startTunedHost, type TunedHost } from "../../support/tuned-host";
import {
  everything,
  everythingPlanned,
  everythingTold,
  everythingUndone,
  governorFile,
  poolFile,
} from "../../support/tuned-host/fixture";

// The first of these tests builds the package.
jest.setTimeout(60_000);

/** The engine has a provider process of its own for each phase: what one has read no other knows. */
async function inNewProcess<T>(work: (server: DynamicServer) => Promise<T>): Promise<T> {
  const server = await startDynamicServer();
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

let host: TunedHost;
beforeAll(async () => {
  host = await startTunedHost();
});
afterAll(() => host.close());

/** One host, from its first preview to its last byte: each test goes on where the one before ended. */
describe("the life of a host's tuning", () => {
  let inputs: Props;
  let before: Readonly<Record<string, string>>;
  let checked: Props;
  let state: Props;
  let execs: number;
  let connections: number;

  beforeAll(() => {
    inputs = host.inputs(everything);
    before = host.state();
  });
  beforeEach(() => {
    execs = host.ssh.execs.length;
    connections = host.ssh.connections;
  });

  test("the preview of a new resource names each setting and writes nothing", async () => {
    await inNewProcess(async (server) => {
      const answer = await server.check(inputs);
      expect(answer.failures).toEqual([]);
      checked = answer.inputs;
      const warnings = server.engine.logs.filter((line) => line.severity === "warning");
      expect(warnings.map((line) => line.message.split(": ", 2)[1])).toEqual([
        "irqAffinity.irqs.24",
        "isolation.partition",
        "systemdCpuAffinity",
        "smt",
      ]);
      expect(server.stderr()).toBe("");
    });
    expect(checked).toEqual({ ...inputs, plan: everythingPlanned, impact: "live" });
    expect(host.state()).toEqual(before);
  });

  test("create writes what was shown, tells systemd, and reads it back", async () => {
    await inNewProcess(async (server) => {
      const created = await server.create((await server.check(inputs)).inputs);
      expect(created.id).toBe(machineId);
      state = created.properties;
      const steps = server.engine.logs.filter((line) => line.ephemeral).map((line) => line.message);
      expect(steps[0]).toBe("connecting to 127.0.0.1");
      expect(steps.at(-1)).toBe("verifying");
    });
    expect(Object.fromEntries([0, 7].map((cpu) => [cpu, host.read(governorFile(cpu))]))).toEqual({
      0: "performance\n",
      7: "performance\n",
    });
    expect([host.read(poolFile(0)), host.read(poolFile(1)), host.read(poolFile(0, 1048576))]).toEqual([
      "128\n",
      "64\n",
      "0\n",
    ]);
    expect(host.read("/proc/sys/kernel/numa_balancing")).toBe("0\n");
    expect(host.read("/proc/sys/vm/swappiness")).toBe("10\n");
    expect(host.read("/etc/sysctl.d/zz-kvm-tuning.conf").split("\n").slice(2)).toEqual([
      "kernel.numa_balancing = 0",
      "kernel.sched_rt_runtime_us = -1",
      "net.ipv4.ip_local_port_range = 10000 65000",
      "vm.swappiness = 10",
      "",
    ]);
    const bootValues = host.read("/etc/kvm-tuning/boot-values").split("\n");
    const cpus = [0, 1, 2, 3, 4, 5, 6, 7];
    expect(bootValues).toEqual(expect.arrayContaining(cpus.map((cpu) => `${governorFile(cpu)} performance`)));
    expect(bootValues).toEqual(expect.arrayContaining([`${poolFile(0)} 128`, `${poolFile(1)} 64`]));
    // SMT first, the preferences last.
    expect([bootValues[1], bootValues.at(-2)]).toEqual([
      "/sys/devices/system/cpu/smt/control off",
      "/sys/devices/system/cpu/cpu7/cpufreq/energy_performance_preference performance",
    ]);
    expect(host.read("/proc/1/status")).toBe("Cpus_allowed_list:\t0-1,4-5\n");
    expect(host.read("/run/stand-in-irqbalance")).toContain("IRQBALANCE_BANNED_CPULIST=2-3,6-7\n");
    expect(host.state()["/etc/systemd/system/multi-user.target.wants/kvm-tuning.service"]).toBe(
      "link /etc/systemd/system/kvm-tuning.service",
    );
    expect(host.systemctlCalls()).toEqual(everythingTold);
    expect(state).toMatchObject({
      sysctl: everything.sysctl,
      plan: {},
      impact: "none",
      hostId: machineId,
      undo: everythingUndone,
    });
    expect((state["verification"] as { verdict: string }[]).map((one) => one.verdict)).toEqual(Array(22).fill("pass"));
  });

  test("a phase with nothing to do opens one connection and makes at most two round trips", async () => {
    const after = host.state();
    await inNewProcess(async (server) => {
      const found = await server.read(machineId, state);
      expect(found.id).toBe(machineId);
      expect(found.inputs).toEqual({ ...inputs, plan: {}, impact: "none", undo: state["undo"] });
      expect(found.properties).toEqual(state);
      expect((await server.diff(machineId, found.properties, found.inputs)).changes).toBe("none");
      const answer = await server.check(inputs, found.inputs);
      expect(answer).toEqual({ inputs: { ...inputs, plan: {}, impact: "none", undo: state["undo"] }, failures: [] });
      expect(await server.diff(machineId, found.properties, answer.inputs)).toEqual({
        changes: "none",
        replaces: [],
        deleteBeforeReplace: false,
      });
    });
    expect(host.ssh.connections - connections).toBe(1);
    expect(host.ssh.execs.length - execs).toBeLessThanOrEqual(2);
    expect(host.state()).toEqual(after);
  });

  test("what others changed shows in read, diff and check: these settings and no other", async () => {
    host.write({
      "/proc/sys/vm/swappiness": "33\n",
      [governorFile(5)]: "powersave\n",
      [poolFile(1)]: "32\n",
    });
    await inNewProcess(async (server) => {
      const found = await server.read(machineId, state);
      expect(found.inputs).toEqual({
        ...inputs,
        sysctl: { ...everything.sysctl, "vm.swappiness": "33" },
        cpuGovernor: [
          { cpus: "0-4,6-7", governor: "performance" },
          { cpus: "5", governor: "powersave" },
        ],
        hugepages: [{ size: "2M", nodes: { "0": 128, "1": 32 } }],
        plan: {},
        impact: "none",
        undo: {
          ...(state["undo"] as object),
          cpuGovernor: "left as it is (powersave): changed by someone else",
          "sysctl.vm.swappiness": "left as it is (33): changed by someone else",
        },
      });
      const answer = await server.check(inputs, found.inputs);
      expect(answer.inputs["plan"]).toEqual({
        cpuGovernor: "performance on 0-4,6-7, powersave on 5 → performance  [live]",
        "hugepages.2M.node1": "32 → 64  [live]",
        "sysctl.vm.swappiness": "33 → 10  [live]",
      });
      expect((await server.diff(machineId, found.properties, answer.inputs)).changes).toBe("some");
    });
    expect(host.ssh.connections - connections).toBe(1);
    expect(host.ssh.execs.length - execs).toBeLessThanOrEqual(2);
  });

  test("update repairs it, with writes of these settings alone", async () => {
    await inNewProcess(async (server) => {
      const found = await server.read(machineId, state);
      const answer = await server.check(inputs, found.inputs);
      const from = host.ssh.execs.length;
      const updated = await server.update(machineId, found.properties, answer.inputs);
      // Lock, snapshot, three steps, snapshot.
      expect(host.ssh.execs.length - from).toBe(6);
      expect(updated.properties).toEqual(state);
      state = updated.properties;
    });
    expect(host.read(governorFile(5))).toBe("performance\n");
    expect(host.read(poolFile(1))).toBe("64\n");
    expect(host.systemctlCalls()).toEqual(everythingTold);
  });

  test("an argument that left the program goes back to its original, now and at boot", async () => {
    const { hugepages: _left, ...rest } = everything;
    inputs = host.inputs(rest);
    await inNewProcess(async (server) => {
      const answer = await server.check(inputs, state);
      expect(answer.inputs["plan"]).toEqual({
        "hugepages.2M.node0": "128 → 0  [live]",
        "hugepages.2M.node1": "64 → 0  [live]",
      });
      expect((await server.diff(machineId, state, answer.inputs)).changes).toBe("some");
      state = (await server.update(machineId, state, answer.inputs)).properties;
      expect(state).not.toHaveProperty("hugepages");
      expect(Object.keys(state["undo"] as object)).not.toContain("hugepages.2M.node0");
    });
    expect([host.read(poolFile(0)), host.read(poolFile(1))]).toEqual(["0\n", "0\n"]);
    expect(host.read("/etc/kvm-tuning/boot-values")).not.toContain("hugepages");
    await inNewProcess(async (server) => {
      expect((await server.check(inputs, state)).inputs["plan"]).toEqual({});
    });
  });

  test("delete leaves the host byte for byte as it was", async () => {
    await inNewProcess(async (server) => {
      await server.delete(machineId, state);
      expect(server.engine.logs.filter((line) => line.severity === "warning")).toEqual([]);
    });
    expect(host.state()).toEqual(before);
  });

  test("a second delete, of a run that died before it could say that it was done, changes nothing", async () => {
    await inNewProcess((server) => server.delete(machineId, state));
    expect(host.state()).toEqual(before);
  });
});
