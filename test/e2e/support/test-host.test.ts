import { startClone, type TestHost } from "../../host/test-host";

jest.setTimeout(600_000);

describe("clones of the test host", () => {
  let hosts: readonly TestHost[] = [];
  beforeAll(async () => {
    hosts = [await startClone({ name: "kvm-01" }), await startClone({ name: "kvm-02" })];
  });
  afterAll(async () => {
    for (const host of hosts) await host.stop();
  });
  const onBoth = (command: string): Promise<readonly string[]> =>
    Promise.all(hosts.map((host) => host.output(command)));

  test("are different machines with the right time", async () => {
    expect(await onBoth("hostname")).toEqual(["kvm-01", "kvm-02"]);
    expect(new Set(await onBoth("cat /etc/machine-id")).size).toBe(2);
    expect(new Set(await onBoth("cat /proc/sys/kernel/random/boot_id")).size).toBe(2);
    for (const seconds of await onBoth("date +%s"))
      expect(Math.abs(Number(seconds) - Date.now() / 1000)).toBeLessThan(30);
  });

  test("have two NUMA nodes with siblings, cpufreq, libvirt and a user with sudo", async () => {
    const [host] = hosts as [TestHost];
    const read =
      "cat /sys/devices/system/node/node*/cpulist /sys/devices/system/cpu/cpu0/topology/thread_siblings_list";
    expect(await host.output(read)).toBe("0-3\n4-7\n0-1");
    expect(await host.output("cat /sys/devices/system/cpu/cpufreq/policy7/scaling_driver")).toBe("acpi-cpufreq");
    expect(await host.output("sudo -n id -un && virsh -c qemu:///system list --name", { user: "ops" })).toBe("root\n");
  });

  test("answer at the new port alone after a move, and not while frozen", async () => {
    const [host] = hosts as [TestHost];
    const before = host.port;
    expect(await host.movePort()).not.toBe(before);
    expect(await host.output("hostname")).toBe("kvm-01");
    await host.freeze();
    await expect(host.output("true", { limitSeconds: 3 })).rejects.toThrow("did not end within 3 s");
    await host.thaw();
    expect(await host.output("hostname")).toBe("kvm-01");
  });
});
