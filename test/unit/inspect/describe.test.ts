import { runInNewContext } from "node:vm";
import { describeDomain } from "../../../provider/inspect/describe-domain";
import { describeHost } from "../../../provider/inspect/describe-host";
import { migrationOf, migrationQuery } from "../../../provider/inspect/migration";
import { literal, programText } from "../../../provider/inspect/program-text";
import { host, xml } from "./healthy";

describe("a value as TypeScript", () => {
  test.each<[unknown, string]>([
    [{ 0: "2", 10: "3", "01": 1 }, '{ 0: "2", 10: "3", "01": 1 }'],
    [{ "kernel.sysrq": "1", a: undefined }, '{ "kernel.sysrq": "1" }'],
    [[{ size: "1G", nodes: { 0: 4 } }], '[{ size: "1G", nodes: { 0: 4 } }]'],
    [[], "[]"],
    [{}, "{}"],
    ['quo"te', '"quo\\"te"'],
  ])("%j", (value, text) => {
    expect(literal(value)).toBe(text);
    // As a program reads it.
    expect(JSON.stringify(runInNewContext(`(${text})`))).toBe(JSON.stringify(value));
  });

  test("what is too wide goes over several lines", () => {
    const wide = { list: Array.from({ length: 12 }, (_, index) => `a long word ${String(index)}`) };
    const text = literal(wide, "  ");
    expect(text.split("\n").length).toBe(16);
    expect(runInNewContext(`(${text})`)).toEqual(wide);
  });
});

describe("a host as it is", () => {
  test("nothing that a run would write is an argument; what it would write is told", () => {
    const { args, left } = describeHost(host());
    expect(args).toEqual({});
    expect([...left.keys()].map((key) => key.replace(/:.*/, ""))).toEqual([
      "numaBalancing",
      "cpuGovernor",
      "hugepages",
      "isolation",
    ]);
    expect([...left.values()].every((why) => why !== "")).toBe(true);
  });

  test("what our own files keep is an argument", () => {
    const files = {
      "/etc/sysctl.d/zz-kvm-tuning.conf": "kernel.numa_balancing = 0\nvm.swappiness = 10",
      "/proc/sys/vm/swappiness": "10",
    };
    expect(describeHost(host({ files })).args).toEqual({ numaBalancing: false, sysctl: { "vm.swappiness": "10" } });
  });
});

describe("a domain as it is", () => {
  test("every argument of which something is so, and none that changes it", () => {
    const found = describeDomain(host(), "db");
    expect(found?.left).toEqual(new Map());
    expect(found?.args).toMatchObject({
      vcpuPins: { 0: "2", 1: "3" },
      emulatorPin: "4",
      numa: { mode: "strict", nodeset: "1" },
      memoryBacking: { hugepages: [{ size: "2M" }] },
    });
    expect(Object.keys(found?.args ?? {})).not.toEqual(expect.arrayContaining(["iothreads", "vcpuScheduler"]));
  });

  test("what runs and what is defined differ: that argument is left out, with both", () => {
    const found = describeDomain(host({ domain: { inactive: xml.replace("cpuset='3'", "cpuset='5'") } }), "db");
    expect(found?.left).toEqual(new Map([["vcpuPins", "vcpuPins.1: 3 → 5"]]));
    expect(found?.args).not.toHaveProperty("vcpuPins");
    expect(describeDomain(host(), "dbb")).toBeUndefined();
  });

  test("the program names both, its key comes from the configuration", () => {
    const described = describeDomain(host(), "db");
    if (described === undefined) throw new Error("no domain");
    const text = programText({
      name: "kvm-01",
      connection: { host: "10.0.0.1", hostKey: "ssh-ed25519 AAAA" },
      withKey: true,
      host: describeHost(host()),
      domains: [described],
    });
    expect(text).toContain('  privateKey: new pulumi.Config().requireSecret("privateKey"),');
    const alias = { transport: "openssh", host: "kvm-01" };
    const bare = programText({
      name: "kvm-01",
      connection: alias,
      withKey: false,
      host: describeHost(host()),
      domains: [],
    });
    expect(bare).toContain('const connection: ConnectionArgs = {\n  transport: "openssh",\n  host: "kvm-01",\n};');
    expect(bare).not.toContain("pulumi.");
    expect(text).toContain("// Left out, because a run would write something for it:\n//   numaBalancing: false");
    expect(text).toContain('new VmCpuPlacement("db", {\n  host,\n  domain: "db",\n');
  });
});

describe("a move to another host", () => {
  const ids = (from = host(), to = host()) =>
    migrationOf(from, to, { name: "db" })
      ?.checks.filter(({ verdict }) => verdict === "fail")
      .map(({ id }) => id);

  test("to one like it: nothing fails; its pins may be any CPU of their node that both have", () => {
    const free = { "/sys/devices/system/node/node1/hugepages/hugepages-2048kB/free_hugepages": "512" };
    const found = migrationOf(
      host(),
      { ...host({ files: free }), libvirt: { domains: [], records: new Map(), capabilities: new Map() } },
      { name: "db" },
    );
    expect(found?.checks.filter(({ verdict }) => verdict === "fail")).toEqual([]);
    expect(found?.flexible).toEqual({ 0: "2-5", 1: "2-5" });
    // The planner's own place there: one CPU a vCPU, on one node with the pages.
    if (found === undefined || "reason" in found.there) throw new Error("no place there");
    const { vcpuPins, numa } = found.there.placed.settings;
    expect(Object.values(vcpuPins).map((cpus) => cpus.includes("-") || cpus.includes(","))).toEqual([false, false]);
    expect(numa.nodeset).toMatch(/^\d$/);
  });

  test("to one with fewer CPUs, without its node, or with no pages left", () => {
    const small = Object.fromEntries(
      ["online", "possible", "present"].map((name) => [`/sys/devices/system/cpu/${name}`, "0-2"]),
    );
    expect(ids(host(), host({ files: { ...small, "/sys/devices/system/node/node1/cpulist": "2" } }))).toContain(
      "migration.vcpuPins",
    );
    const empty = { "/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages": "0" };
    expect(ids(host(), host({ files: empty }))).toContain("migration.memoryBacking");
  });

  test("no place there by the planner is said with its reason", () => {
    const small = Object.fromEntries(
      ["online", "possible", "present"].map((name) => [`/sys/devices/system/cpu/${name}`, "0-2"]),
    );
    const found = migrationOf(host(), host({ files: small }), { name: "db" });
    expect(found?.there).toEqual({ reason: expect.stringMatching(/./) as string });
  });

  test.each([
    ["", "unknown"],
    ["CPU described in /dev/stdin is identical to the CPU provided by hypervisor on the host", "pass"],
    ["The CPU provided by hypervisor on the host is a superset of CPU described in /dev/stdin", "pass"],
    ["error: the CPU is incompatible with host CPU: missing features: avx512f", "fail"],
    ["CPU described in /dev/stdin is incompatible with the CPU provided by hypervisor on the host", "fail"],
  ])("a model of its own is compared by the destination's libvirt: %j is %s", (compared, verdict) => {
    const custom = xml.replace(
      /<cpu\b[^>]*(\/>|>[^]*?<\/cpu>)/,
      "<cpu mode='custom' match='exact'><model fallback='forbid'>Skylake-Server</model><feature policy='require' name='avx512f'/></cpu>",
    );
    const one = host({ domain: { live: custom, inactive: custom } });
    expect(migrationQuery(one, "db")?.stdin).toContain("Skylake-Server");
    const found = migrationOf(one, host(), { name: "db", compared });
    expect(found?.checks.find(({ id }) => id === "migration.cpu")?.verdict).toBe(verdict);
  });

  test("another domain has its name; its CPU cannot move; it is not there", () => {
    const other = host({
      domain: {
        uuid: "99999999-9999-4999-8999-999999999999",
        live: xml.replace("11111111-1111-4111-8111-111111111111", "99999999-9999-4999-8999-999999999999"),
      },
    });
    expect(ids(host(), other)).toContain("migration.name");
    const fixed = xml.replace("migratable='on'", "migratable='off'");
    expect(ids(host({ domain: { live: fixed, inactive: fixed } }))).toContain("migration.cpu");
    expect(migrationOf(host(), host(), { name: "dbb" })).toBeUndefined();
  });
});
