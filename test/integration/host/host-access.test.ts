import { setTimeout as sleep } from "node:timers/promises";
import { createHosts } from "../../../provider/host/host-access";
import type { Hosts } from "../../../provider/host/hosts";
import type { Step } from "../../../provider/host/step";
import type { Connection } from "../../../provider/transport/connection";
import { createPool } from "../../../provider/transport/connection-pool";
import { connect } from "../../../provider/transport/ssh2";
import { fixtureRoot, machineId, type FixtureRoot } from "../../support/fixture-root";
import { localTransport, type LocalTransport } from "../../support/local-transport";
import { startSshHost, type SshHost } from "../../support/ssh-host";

const request = { sysctlKeys: ["vm.swappiness"] };
const quiet = (): void => undefined;
const setSwappiness = (value: string): Step => ({
  kind: "writeValues",
  entry: "0001-vm.swappiness",
  setting: "sysctl.vm.swappiness",
  values: [{ path: "/proc/sys/vm/swappiness", value }],
});

describe("hosts behind a local transport", () => {
  let fixture: FixtureRoot;
  let transport: LocalTransport;
  let hosts: Hosts;
  let refusals: number;
  const connection: Connection = { host: "10.0.0.11" };
  const execs = (): number => transport.requests.length;

  beforeEach(() => {
    fixture = fixtureRoot();
    transport = localTransport({ root: fixture.root });
    refusals = 0;
    const pool = {
      transport: () => (refusals-- > 0 ? Promise.reject(new Error("unreachable")) : Promise.resolve(transport)),
      close: quiet,
    };
    hosts = createHosts(pool, { lockWaitSeconds: 1 });
  });
  afterEach(() => fixture.remove());

  test("share one reading between all that ask, at once and later", async () => {
    const [first, second] = await Promise.all([
      hosts.snapshot(connection, request),
      hosts.snapshot(connection, request),
    ]);
    const third = await hosts.snapshot({ ...connection, port: 22, user: "root" }, { sysctlKeys: [] });
    expect(second).toBe(first);
    expect(third).toBe(first);
    expect(execs()).toBe(1);
  });

  test("read again for further sysctl keys, with the earlier ones too", async () => {
    const uncommon = { sysctlKeys: ["vm.page-cluster"] };
    await hosts.snapshot(connection, uncommon);
    const more = await hosts.snapshot(connection, { sysctlKeys: ["kernel.threads-max", "vm.swappiness"] });
    // The last one is in every snapshot.
    expect(more.request.sysctlKeys).toEqual(["kernel.threads-max", "vm.page-cluster"]);
    expect(more.files.text("/proc/sys/vm/swappiness")).toBe("60");
    expect(await hosts.snapshot(connection, uncommon)).toBe(more);
    expect(execs()).toBe(2);
  });

  test("keep endpoints apart: by port, by user and by proxy", async () => {
    await hosts.snapshot(connection, request);
    await hosts.snapshot({ ...connection, port: 2222 }, request);
    await hosts.snapshot({ ...connection, user: "ops" }, request);
    await hosts.snapshot({ ...connection, proxy: { host: "jump-1" } }, request);
    await hosts.snapshot({ ...connection, proxy: { host: "jump-2" } }, request);
    expect(execs()).toBe(5);
  });

  test("tell what a HostTuning of this process expects, by endpoint", () => {
    const expected = { isolatedCpus: "2-3", hugepages: [{ sizeKiB: 2048, node: 0, pages: 64 }] };
    hosts.expect(connection, expected);
    expect(hosts.expected({ ...connection, port: 22, user: "root" })).toBe(expected);
    expect(hosts.expected({ ...connection, proxy: { host: "jump-1" } })).toBeUndefined();
  });

  test("keep what placements promise, by endpoint; the last word on a domain counts, by UUID or, without one, by name", () => {
    const promise = (name: string, uuid: string | undefined, cpus: string) => ({
      name,
      uuid,
      urn: `urn:pulumi:a::b::t::${name}`,
      facts: new Map([["emulatorPin", cpus]]),
      maximumVcpus: 2,
    });
    expect(hosts.promised(connection)).toEqual([]);
    hosts.promise(connection, promise("db", "1", "0"));
    hosts.promise(connection, promise("new", undefined, "1"));
    hosts.promise(connection, promise("web", "2", "2"));
    hosts.promise(connection, promise("renamed", "1", "3"));
    hosts.promise(connection, promise("new", undefined, "4"));
    expect(hosts.promised(connection).map(({ name, facts }) => [name, facts.get("emulatorPin")])).toEqual([
      ["web", "2"],
      ["renamed", "3"],
      ["new", "4"],
    ]);
    hosts.promise(connection, promise("new", "3", "5"));
    expect(hosts.promised(connection).map(({ uuid }) => uuid)).toEqual(["2", "1", "3"]);
    expect(hosts.promised({ ...connection, port: 2222 })).toEqual([]);
  });

  test("do not remember a reading that failed", async () => {
    refusals = 1;
    await expect(hosts.snapshot(connection, request)).rejects.toThrow("unreachable");
    expect((await hosts.snapshot(connection, request)).machineId).toBe(machineId);
  });

  test("forget what they have read when somebody writes", async () => {
    const before = await hosts.snapshot(connection, request);
    await hosts.exclusively(connection, async (host) => {
      await host.run([setSwappiness("10")], quiet);
      expect((await host.snapshot(request)).files.text("/proc/sys/vm/swappiness")).toBe("10");
    });
    const after = await hosts.snapshot(connection, request);
    expect([before, after].map((one) => one.files.text("/proc/sys/vm/swappiness"))).toEqual(["60", "10"]);
  });

  test("let one write at a time, in order, also after one that failed", async () => {
    const order: string[] = [];
    const work = (name: string, fails = false) =>
      hosts.exclusively(connection, async () => {
        order.push(`${name} begins`);
        await sleep(20);
        order.push(`${name} ends`);
        if (fails) throw new Error(`${name} failed`);
        return name;
      });
    const results = await Promise.allSettled([work("a"), work("b", true), work("c")]);
    expect(order).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
    expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(fixture.has("/run/kvm-tuning/holder")).toBe(false);
  });

  test("keep another process out, and tell it who is in", async () => {
    const other = createHosts({ transport: () => Promise.resolve(transport), close: quiet }, { lockWaitSeconds: 0 });
    await hosts.exclusively(connection, async () => {
      await expect(other.exclusively(connection, () => Promise.resolve())).rejects.toThrow("It is held by:");
    });
    await other.exclusively(connection, () => Promise.resolve());
  });

  test("write the owner record, and remove it with an empty state folder", async () => {
    const before = fixture.state();
    await hosts.exclusively(connection, (host) => host.setOwner({ urn: "urn:pulumi:prod::x" }));
    expect((await hosts.snapshot(connection, request)).owner).toEqual({ urn: "urn:pulumi:prod::x" });
    expect(fixture.state()["/var/lib/kvm-tuning/owner.json"]).toBe('file 600 {"urn":"urn:pulumi:prod::x"}\n');
    await hosts.exclusively(connection, (host) => host.setOwner(undefined));
    expect(fixture.state()).toEqual(before);
  });

  test("keep the state folder while the journal holds something", async () => {
    await hosts.exclusively(connection, async (host) => {
      await host.setOwner({ urn: "u" });
      await host.run([setSwappiness("10")], quiet);
      await host.setOwner(undefined);
    });
    const snapshot = await hosts.snapshot(connection, request);
    expect(snapshot.owner).toBeUndefined();
    expect(snapshot.journal.map((entry) => entry.name)).toEqual(["0001-vm.swappiness"]);
  });
});

describe("hosts behind SSH", () => {
  let fixture: FixtureRoot;
  let server: SshHost;
  let hosts: Hosts;
  beforeEach(async () => {
    fixture = fixtureRoot();
    server = await startSshHost({ root: fixture.root, noise: "Welcome to kvm-01\n" });
    hosts = createHosts(createPool({ connect }), { lockWaitSeconds: 10 });
  });
  afterEach(async () => {
    hosts.close();
    await server.close();
    fixture.remove();
  });

  test.each(["root", "ops"])("are read, written and undone as %s, with a noisy login shell", async (user) => {
    const connection = server.connection({ user });
    const before = fixture.state();
    const content = "a='$HOME' \\\n\"`x`\"\r\nno newline";
    const path = "/etc/kvm tuning/it's.conf";
    await hosts.exclusively(connection, async (host) => {
      const steps: Step[] = [
        { kind: "writeFile", entry: "0001-a", setting: path, path, content, mode: "0640" },
        { ...setSwappiness("10"), entry: "0002-b" } as Step,
      ];
      const seen: string[] = [];
      await host.run(steps, (index, step) => seen.push(`${String(index)} ${step.kind}`));
      expect(seen).toEqual(["0 writeFile", "1 writeValues"]);
    });
    expect(fixture.state()[path]).toBe(`file 640 ${content}`);
    const snapshot = await hosts.snapshot(connection, request);
    expect(snapshot.journal.map(({ name }) => name)).toEqual(["0001-a", "0002-b"]);
    await hosts.exclusively(connection, async (host) => {
      const values = [{ path: "/proc/sys/vm/swappiness", value: "60" }];
      await host.run(
        [
          { kind: "restoreValues", setting: "b", entry: "0002-b", values },
          { kind: "restoreFile", entry: "0001-a", path },
        ],
        quiet,
      );
      await host.setOwner(undefined);
    });
    expect(fixture.state()).toEqual(before);
  });

  test("answer a whole preview with one connection and one command", async () => {
    await Promise.all([1, 2, 3].map(() => hosts.snapshot(server.connection(), request)));
    expect([server.connections, server.execs.length]).toEqual([1, 1]);
  });

  test("let the next run in when the connection of the last was lost in the middle of a step", async () => {
    const done = fixture.path("/done");
    const slow: Step = { kind: "run", setting: "boot", argv: ["sh", "-c", `sleep 1; echo > ${done}`] };
    const lost = hosts
      .exclusively(server.connection(), (host) => host.run([slow], quiet))
      .catch((cause: unknown) => cause);
    while (!fixture.has("/run/kvm-tuning/step")) await sleep(20);
    server.dropConnections();
    expect(String(await lost)).toContain("Whether this step took effect is not known");
    await hosts.exclusively(server.connection(), () => {
      expect(fixture.has("/done")).toBe(true);
      return Promise.resolve();
    });
  });
});
