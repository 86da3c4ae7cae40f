/* What happens to a host while it is tuned, or between two runs. */
import { rmSync } from "node:fs";
import { machineId } from "../../support/fixture-root";
import { type DynamicServer, startDynamicServer } from "../../support/pulumi/dynamic-server";
import { failureOf } from "../../support/pulumi/failure-of";
import { urn, type Props } from "../../support/pulumi/provider-client";
import type { Fault } from "../../support/ssh-host/faults";
import { startTunedHost, type TunedHost } from "../../support/tuned-host";
import { everything, everythingPlanned, everythingTold, governorFile } from "../../support/tuned-host/fixture";

// The first of these tests builds the package.
jest.setTimeout(60_000);

let server: DynamicServer;
let host: TunedHost;
let before: Readonly<Record<string, string>>;
beforeAll(async () => {
  server = await startDynamicServer();
});
afterAll(() => server.stop());
beforeEach(async () => {
  host = await startTunedHost();
  before = host.state();
});
afterEach(() => host.close());

const check = async (more: Props, olds?: Props): Promise<Props> => {
  const { inputs, failures } = await server.check(host.inputs(more), olds);
  expect(failures).toEqual([]);
  return inputs;
};
const refusal = async (more: Props, olds?: Props): Promise<string> => {
  const { failures } = await server.check(host.inputs(more), olds);
  expect(failures).toHaveLength(1);
  return failures[0]?.reason ?? "";
};
const warnings = (from: number): readonly string[] =>
  server.engine.logs
    .slice(from)
    .filter((line) => line.severity === "warning")
    .map((line) => line.message);
const converged = { plan: {}, impact: "none" };

/** Commands of a create: lock, snapshot, the same with the domains, owner, then its steps. */
const stepAt = (step: number): number => 4 + step;
const cuts: readonly [string, Fault][] = [
  ["before it runs", { kind: "drop", at: "start" }],
  ["before its result is told", { kind: "drop", at: "end" }],
  ["with the host's power, as it begins", { kind: "powerCut" }],
];

describe.each(cuts)("a connection that is lost %s", (_name, fault) => {
  test.each([
    [4, "write /etc/sysctl.d/zz-kvm-tuning.conf"],
    [18, "systemctl daemon-reload"],
    [27, "set hugepages.2M.node0"],
  ])("at step %i is named with its step, and the next update goes on to the end", async (step, name) => {
    const inputs = await check(everything);
    host.ssh.fault(stepAt(step), fault);
    const error = await failureOf(server.create(inputs));
    expect(error.message).toContain(`root@127.0.0.1:${host.ssh.port}: ${name}`);
    expect(error.message).toContain("the next `pulumi up` goes on from there");
    expect(error.initFailed?.id).toBe(machineId);
    const state = error.initFailed?.properties ?? {};
    const again = await server.update(machineId, state, await check(everything, state));
    expect(again.properties).toMatchObject(converged);
    expect(host.read(governorFile(7))).toBe("performance\n");
    await server.delete(machineId, again.properties);
    expect(host.state()).toEqual(before);
  });
});

test.each([
  [
    "mv",
    "write /etc/sysctl.d/zz-kvm-tuning.conf",
    'case "$*" in *zz-kvm-tuning.conf*) echo "mv: No space left on device" >&2; exit 1 ;; esac; exec /bin/mv "$@"',
  ],
  [
    "sync",
    "stop ksmtuned.service",
    'case "$*" in *journal*) echo "sync: No space left on device" >&2; exit 1 ;; esac; exec /bin/sync "$@"',
  ],
])(
  "a full disk (a stand-in for %s) fails with what to do, and the run after it is whole",
  async (command, step, script) => {
    const inputs = await check(everything);
    const takeAway = host.standIn(command, `#!/bin/sh\n${script}\n`);
    const error = await failureOf(server.create(inputs));
    takeAway();
    expect(error.message).toContain(step);
    expect(error.message).toContain("No space left on device");
    expect(error.message).toContain("Free some space");
    expect(host.has("/etc/sysctl.d/zz-kvm-tuning.conf")).toBe(false);
    expect(host.read("/proc/sys/vm/swappiness")).toBe("60\n");
    const state = error.initFailed?.properties ?? {};
    const again = await server.update(machineId, state, await check(everything, state));
    expect(again.properties).toMatchObject(converged);
    await server.delete(machineId, again.properties);
    expect(host.state()).toEqual(before);
  },
);

describe("a host that another stack tunes", () => {
  const other = "urn:pulumi:prod::racks::pulumi-nodejs:dynamic/kvm-tuning:HostTuning::kvm-01";
  beforeEach(() => {
    host.write({ "/var/lib/kvm-tuning/owner.json": `${JSON.stringify({ urn: other })}\n` });
    before = host.state();
  });
  const words = 'resource "kvm-01" of stack "prod" (project "racks")';

  test("is refused in the preview, with the stack's name and the way out", async () => {
    const reason = await refusal(everything);
    expect(reason).toContain("takeOwnership: ");
    expect(reason).toContain(words);
    expect(reason).toContain("set takeOwnership: true");
    expect(reason).toContain("pulumi destroy");
  });

  test("is refused under the lock too, and nothing is written", async () => {
    const error = await failureOf(server.create(host.inputs({ ...everything, plan: everythingPlanned })));
    expect(error.message).toContain(words);
    expect(error.initFailed).toBeUndefined();
    expect(host.state()).toEqual(before);
  });

  test("is taken over with takeOwnership, and the other stack's delete then undoes nothing", async () => {
    const created = await server.create(await check({ ...everything, takeOwnership: true }));
    expect(JSON.parse(host.read("/var/lib/kvm-tuning/owner.json"))).toEqual({ urn });
    const tuned = host.state();
    const from = server.engine.logs.length;
    await server.delete(machineId, { ...created.properties, __urn: other });
    expect(host.state()).toEqual(tuned);
    expect(warnings(from)).toEqual([`127.0.0.1 is tuned by ${urn} by now: nothing is undone`]);
  });
});

test("another machine at the address is not read, not replaced in place and not undone", async () => {
  const created = await server.create(await check(everything));
  host.write({ "/etc/machine-id": `${"f".repeat(32)}\n` });
  const other = host.state();
  const from = server.engine.logs.length;
  const found = await server.read(machineId, created.properties);
  expect(found.id).toBe("");
  await server.delete(machineId, created.properties);
  expect(host.state()).toEqual(other);
  expect(warnings(from)).toEqual([
    `127.0.0.1 is another host now (machine-id ${"f".repeat(32)}, it was ${machineId}): the tuned one is taken as gone, and nothing is undone there`,
    `127.0.0.1 is another host now (machine-id ${"f".repeat(32)}): nothing is undone there`,
  ]);
  expect(await server.diff(machineId, created.properties, host.inputs(everything))).toEqual({
    changes: "some",
    replaces: ["connection"],
    deleteBeforeReplace: true,
  });
  const error = await failureOf(server.update(machineId, created.properties, host.inputs(everything)));
  expect(error.message).toContain("is another host than the one that was planned for");
  expect(error.initFailed).toBeUndefined();
  expect(host.state()).toEqual(other);
});

test('maxDisruption "none" refuses any write and names each setting', async () => {
  const reason = await refusal({ ...everything, maxDisruption: "none" });
  expect(reason).toMatch(/^maxDisruption: this change needs live, and maxDisruption allows none: /);
  for (const [setting, text] of Object.entries(everythingPlanned)) expect(reason).toContain(`${setting}: ${text}`);
});

test("what differs only since the preview is not written: nothing is", async () => {
  host.write({ "/proc/sys/vm/swappiness": "10\n" });
  const inputs = await check(everything);
  expect(inputs["plan"]).toMatchObject({ "sysctl.vm.swappiness (at boot)": "(absent) → 10  [live]" });
  host.write({ "/proc/sys/vm/swappiness": "33\n", [governorFile(2)]: "powersave\n" });
  before = host.state();
  const error = await failureOf(server.create(inputs));
  expect(error.message).toBe(
    "127.0.0.1: nothing was changed: the host has changed since the preview, which did not show: " +
      "sysctl.vm.swappiness: 33 → 10  [live]. Run again to see the whole plan.",
  );
  expect(error.initFailed).toBeUndefined();
  expect(host.state()).toEqual(before);
});

test("a truncated answer of the host is an error, never an empty plan", async () => {
  host.ssh.fault(1, { kind: "reply", exitCode: 0, stdout: "" });
  const error = await failureOf(server.check(host.inputs(everything)));
  expect(error.message).toContain(`root@127.0.0.1:${host.ssh.port}: cannot read the host`);
  expect(await check(everything)).toMatchObject({ plan: everythingPlanned });
});

test("a host with another language is read and tuned alike, and its commands run in the C locale", async () => {
  await host.close();
  host = await startTunedHost({ env: { LANG: "de_DE.UTF-8", LC_ALL: "de_DE.UTF-8", LANGUAGE: "de" } });
  before = host.state();
  const inputs = await check(everything);
  expect(inputs["plan"]).toEqual(everythingPlanned);
  const created = await server.create(inputs);
  expect(host.systemctlCalls()).toEqual(everythingTold);
  await server.delete(machineId, created.properties);
  expect(host.state()).toEqual(before);
});

test("two processes that tune one host at once wait for each other", async () => {
  const second = await startDynamicServer();
  const inputs = [await check(everything), (await second.check(host.inputs(everything))).inputs] as const;
  const [a, b] = await Promise.all([server.create(inputs[0]), second.create(inputs[1])]);
  expect([a.properties, b.properties]).toMatchObject([converged, converged]);
  expect(b.properties["undo"]).toEqual(a.properties["undo"]);
  await second.stop();
  await server.delete(machineId, b.properties);
  expect(host.state()).toEqual(before);
});

test("a sysctl that was emptied by hand shows as drift, and can be repaired or deleted afterwards", async () => {
  const key = "/proc/sys/net/ipv4/ip_local_reserved_ports";
  const args = { sysctl: { "net.ipv4.ip_local_reserved_ports": "30000-31000" } };
  const created = await server.create(await check(args));
  host.write({ [key]: "\n" });
  const found = await server.read(machineId, created.properties);
  expect(found.inputs["sysctl"]).toEqual({ "net.ipv4.ip_local_reserved_ports": "" });
  expect((await server.read(machineId, found.properties)).id).toBe(machineId);
  expect((await check(args, found.inputs))["plan"]).toEqual({
    "sysctl.net.ipv4.ip_local_reserved_ports": "(empty) → 30000-31000  [live]",
  });
  await server.delete(machineId, found.properties);
  expect(host.state()).toEqual(before);
});

describe("a journal that was lost on the host", () => {
  const lose = (): void => {
    rmSync(host.path("/var/lib/kvm-tuning"), { recursive: true });
  };

  test("is put back from the state by delete: every running value returns", async () => {
    const created = await server.create(await check(everything));
    lose();
    await server.delete(machineId, created.properties);
    expect(host.state()).toEqual(before);
  });

  test("is put back by an update, also where another setting has changed meanwhile", async () => {
    const created = await server.create(await check(everything));
    lose();
    host.write({ [governorFile(1)]: "powersave\n" });
    const inputs = await check(everything, created.properties);
    const updated = await server.update(machineId, created.properties, inputs);
    expect(updated.properties["undo"]).toEqual(created.properties["undo"]);
    await server.delete(machineId, updated.properties);
    expect(host.state()).toEqual(before);
  });
});
