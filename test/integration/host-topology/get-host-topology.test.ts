/* The function as a program calls it: through the SDK, over a real SSH connection, against a host's files. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";

import { connect } from "../../../provider/transport/ssh2";
import { createPool } from "../../../provider/transport/connection-pool";
import { createTopologyReader } from "../../../provider/host-topology/read";
import { getHostTopology, getHostTopologyOutput, type ConnectionArgs, type HostTopology } from "../../../sdk";
import { fixtureRoot, smallHost, type FixtureRoot } from "../../support/fixture-root";
import { startSshHost, type SshHost } from "../../support/ssh-host";
import { cpuFolder, sysfs } from "../../unit/linux/sysfs-tree";

const files = sysfs({
  online: "0-3",
  cores: ["0,2", "1,3"],
  sockets: ["0-3"],
  l3: ["0-3"],
  nodes: { 0: { cpus: "0-3", distance: "10", memoryKiB: 4194304 } },
});

let fixture: FixtureRoot;
let host: SshHost;
beforeEach(async () => {
  fixture = fixtureRoot({ ...smallHost, ...Object.fromEntries(files) });
  host = await startSshHost({ root: fixture.root });
});
afterEach(async () => {
  await host.close();
  fixture.remove();
});

/** What a program writes: plain. */
const connection = () => host.connection() as pulumi.Unwrap<ConnectionArgs>;

/** An Output's value; `undefined`: unknown. */
async function settled<T>(output: pulumi.Output<T>): Promise<{ value: T | undefined; secret: boolean }> {
  const inner = output as unknown as { promise(): Promise<T>; isKnown: Promise<boolean>; isSecret: Promise<boolean> };
  const known = await inner.isKnown;
  return { value: known ? await inner.promise() : undefined, secret: await inner.isSecret };
}

describe("plain values", () => {
  test("give the topology, and leave no connection open", async () => {
    const topology = await getHostTopology({ connection: connection() });
    expect(topology.cores.map(({ threads }) => threads)).toEqual([
      [0, 2],
      [1, 3],
    ]);
    expect(topology).toMatchObject({ hostname: "kvm-01", onlineCpus: "0-3", threadsPerCore: 2, warnings: [] });
    for (const end = Date.now() + 5000; host.openConnections > 0 && Date.now() < end;) await sleep(20);
    expect(host.openConnections).toBe(0);
  });

  test("core kinds and network interfaces come through the host's own shell", async () => {
    const nic = "/sys/bus/pci/devices/0000:3b:00.0";
    fixture.write({
      "/sys/devices/cpu_core/cpus": "0,2\n",
      "/sys/devices/cpu_atom/cpus": "1,3\n",
      [`${nic}/class`]: "0x020000\n",
      [`${nic}/numa_node`]: "0\n",
      [`${nic}/net/enp59s0f0/ifindex`]: "2\n",
      [`${nic}/virtio3/net/eth:0/ifindex`]: "3\n",
    });
    const topology = await getHostTopology({ connection: connection() });
    expect(topology.cores.map(({ kind }) => kind)).toEqual(["performance", "efficiency"]);
    expect(topology.pciDevices).toEqual([
      { address: "0000:3b:00.0", classCode: "020000", node: 0, networkInterfaces: ["enp59s0f0", "eth:0"] },
    ]);
  });

  test("cores of unlike capacity", async () => {
    const capacity = (cpu: number, value: string) =>
      [`${cpuFolder}/cpu${String(cpu)}/cpu_capacity`, `${value}\n`] as const;
    fixture.write(
      Object.fromEntries([capacity(0, "1024"), capacity(1, "446"), capacity(2, "1024"), capacity(3, "446")]),
    );
    expect((await getHostTopology({ connection: connection() })).coreKinds).toEqual([
      { kind: "performance", cpus: "0,2", capacity: 1024 },
      { kind: "efficiency", cpus: "1,3", capacity: 446 },
    ]);
  });

  test("calls for one host at the same time share one connection and one reading, and each has a value of its own", async () => {
    const [one, two] = await Promise.all([
      getHostTopology({ connection: connection() }),
      getHostTopology({ connection: connection() }),
    ]);
    expect([host.connections, host.execs.length]).toEqual([1, 1]);
    one.cores.pop();
    expect(two.cores).toHaveLength(2);
  });

  test("a later call reads the host as it is then", async () => {
    await getHostTopology({ connection: connection() });
    fixture.write({ [`${cpuFolder}/online`]: "0-1", [`${cpuFolder}/present`]: "0-3" });
    expect((await getHostTopology({ connection: connection() })).offlineCpus).toBe("2-3");
  });

  test("an Output among them is named", async () => {
    const args = { connection: { ...connection(), privateKey: pulumi.secret("x") } } as unknown as Parameters<
      typeof getHostTopology
    >[0];
    await expect(getHostTopology(args)).rejects.toThrow(
      "getHostTopology: connection.privateKey is an Output: use getHostTopologyOutput",
    );
    expect(host.connections).toBe(0);
  });

  test("wrong arguments are all named, and none is repeated", async () => {
    const args = { connection: { host: "", hostKey: "hunter2" }, timeout: 3, timeoutSeconds: 0 };
    const failure = getHostTopology(args);
    await expect(failure).rejects.toThrow(
      /^getHostTopology: .*connection\.host: .*connection\.hostKey: .*timeoutSeconds: /s,
    );
    await expect(failure).rejects.toThrow("timeout: unknown argument");
    await expect(failure).rejects.toMatchObject({ message: expect.not.stringContaining("hunter2") as string });
  });
});

describe("Outputs", () => {
  test("a secret among the arguments makes no secret of the topology, which does not hold it", async () => {
    const { privateKey = "", ...rest } = connection();
    const topology = getHostTopologyOutput({ connection: { ...rest, privateKey: pulumi.secret(privateKey) } });
    const { value, secret } = await settled(topology);
    expect(value?.onlineCpus).toBe("0-3");
    expect(secret).toBe(false);
    expect(JSON.stringify(value)).not.toContain(privateKey.split("\n")[1]);
    expect(JSON.stringify(value)).not.toContain(String(host.port));
  });

  test("an unknown argument makes it unknown, and nothing is read", async () => {
    const unknown = new (pulumi.Output as unknown as new (...args: unknown[]) => pulumi.Output<string>)(
      [],
      Promise.resolve(undefined),
      Promise.resolve(false),
      Promise.resolve(false),
      Promise.resolve([]),
    );
    const { value } = await settled(getHostTopologyOutput({ connection: { ...connection(), host: unknown } }));
    expect(value).toBeUndefined();
    expect(host.connections).toBe(0);
  });

  test("fields can be taken from it", async () => {
    const topology: pulumi.Output<HostTopology> = getHostTopologyOutput({ connection: connection() });
    expect((await settled(topology.nodes[0]!.memoryKiB)).value).toBe(4194304);
  });
});

describe("errors name user, host, port and cause", () => {
  const where = () => `root@127.0.0.1:${String(host.port)}`;

  test("nothing listens", async () => {
    const args = { connection: { ...connection(), dialErrorLimit: 1 } };
    await host.stopListening();
    await expect(getHostTopology(args)).rejects.toThrow(where());
    await expect(getHostTopology(args)).rejects.toThrow("nothing listens on port");
    await host.listenAgain();
  });

  test("a host that is silent: within the time limit", async () => {
    host.answer = "silent";
    const start = Date.now();
    await expect(getHostTopology({ connection: connection(), timeoutSeconds: 1 })).rejects.toThrow(
      `${where()}: the topology was not read within 1 second: the host cannot be reached, or is very slow`,
    );
    expect(Date.now() - start).toBeLessThan(10_000);
  });

  test("files that contradict each other: each contradiction", async () => {
    fixture.write({ [`${cpuFolder}/cpu1/topology/core_cpus_list`]: "0-1" });
    const failure = getHostTopology({ connection: connection() });
    await expect(failure).rejects.toThrow(`${where()}: the CPU topology that the kernel shows contradicts itself`);
    await expect(failure).rejects.toThrow("one core is CPUs 0-1 to CPU 1, but CPUs 0,2 to CPU 0");
  });

  test("a connection that drops on the way", async () => {
    host.fault(1, { kind: "drop", at: "output" });
    await expect(getHostTopology({ connection: connection() })).rejects.toThrow(where());
    expect((await getHostTopology({ connection: connection() })).nodes).toHaveLength(1);
  });
});

test("a reading that has begun will not do where a fresh one is asked for", async () => {
  const read = createTopologyReader(() => createPool({ connect }));
  await Promise.all([read({ connection: connection() }), read({ connection: connection() }, { fresh: true })]);
  expect(host.execs).toHaveLength(2);
});

test("the process of a program ends behind its last line", async () => {
  const program = `
    const { load } = await import(${JSON.stringify(join(__dirname, "../../../scripts/bootstrap.mjs"))});
    const { getHostTopology } = await load("sdk/index.ts");
    const topology = await getHostTopology({ connection: JSON.parse(process.argv[1]) });
    console.log(topology.nodes[0].cpus);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program, JSON.stringify(connection())], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.on("data", (data: Buffer) => (said += data.toString()));
  const [code] = (await once(child, "exit")) as [number];
  // On a slow machine a line before it says what the program waits for.
  expect([code, said.split("\n").at(-2)]).toEqual([0, "0-3"]);
}, 120_000);
