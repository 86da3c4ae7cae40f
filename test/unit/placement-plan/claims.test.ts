import { claimsOf, type Claim } from "../../../provider/placement-plan/claims";
import type { DomainSnapshot } from "../../../provider/host/snapshot";
import { domainOf, hostOf, pins } from "./support";

function claims(
  domains: readonly DomainSnapshot[],
  more: Partial<Parameters<typeof claimsOf>[0]> = {},
): readonly Claim[] {
  return claimsOf({ snapshot: hostOf({ domains }), promised: [], isPlanned: () => false, ...more });
}

const memoryOf = (more: string, memoryMiB = 4096) =>
  claims([domainOf("x", { memoryMiB, more })])[0]?.memory.map(({ nodes, pageKiB, kib }) => [
    nodes?.toString() ?? "any",
    pageKiB ?? 0,
    kib / 1024,
  ]);

test("a pinned domain has its vCPUs' CPUs for itself, its emulator's is told apart", () => {
  const [claim] = claims([domainOf("x", { more: pins(2, 10) })]);
  expect(claim).toMatchObject({ domain: "x", owner: undefined, floating: false });
  expect([claim?.dedicated, claim?.helpers, claim?.shared].map(String)).toEqual(["2,10", "0", "0"]);
});

test("wide pins and a pool are shared, and what has neither floats", () => {
  const wide =
    "<cputune><vcpupin vcpu='0' cpuset='4-7'/><vcpupin vcpu='1' cpuset='4-7'/><emulatorpin cpuset='0-1'/></cputune>";
  const [one] = claims([domainOf("x", { more: wide })]);
  expect([one?.dedicated, one?.helpers, one?.shared].map(String)).toEqual(["", "", "0-1,4-7"]);
  expect(one?.floating).toBe(false);
  expect(claims([domainOf("x")])[0]?.floating).toBe(true);
  const half = "<cputune><vcpupin vcpu='0' cpuset='4'/></cputune>";
  expect(claims([domainOf("x", { more: half })])[0]?.floating).toBe(true);
});

test("the running domain and its definition claim both, where they differ", () => {
  const live = domainOf("x", {
    memoryMiB: 2048,
    more: `${pins(2, 3)}<numatune><memory mode='strict' nodeset='0'/></numatune>`,
  });
  const next = domainOf("x", {
    memoryMiB: 4096,
    more: `${pins(6, 7)}<numatune><memory mode='strict' nodeset='1'/></numatune>`,
  });
  const [claim] = claims([{ ...live, inactive: next.inactive ?? "" }]);
  expect(String(claim?.dedicated)).toBe("2-3,6-7");
  expect(claim?.memory.map(({ nodes, kib }) => [String(nodes), kib / 1024])).toEqual([
    ["0", 2048],
    ["1", 4096],
  ]);
});

test("a domain that is shut off claims as one that runs", () => {
  const [claim] = claims([domainOf("x", { running: false, more: pins(2, 3) })]);
  expect(String(claim?.dedicated)).toBe("2-3");
});

test("memory by node and page: bound, cell by cell, huge, anywhere", () => {
  expect(memoryOf("")).toEqual([["any", 0, 4096]]);
  expect(memoryOf("<numatune><memory mode='strict' nodeset='1'/></numatune>")).toEqual([["1", 0, 4096]]);
  const cells =
    "<cpu><numa><cell id='0' cpus='0' memory='1048576'/><cell id='1' cpus='1' memory='3145728'/></numa></cpu>" +
    "<numatune><memory mode='strict' nodeset='0-1'/><memnode cellid='0' mode='strict' nodeset='0'/><memnode cellid='1' mode='strict' nodeset='1'/></numatune>" +
    "<memoryBacking><hugepages><page size='1' unit='GiB' nodeset='1'/></hugepages></memoryBacking>";
  expect(memoryOf(cells)).toEqual([
    ["0", 0, 1024],
    ["1", 1048576, 3072],
  ]);
  expect(memoryOf("<memoryBacking><hugepages/></memoryBacking>")).toEqual([["any", 2048, 4096]]);
});

test("memory that can be added to counts as it is now", () => {
  expect(memoryOf("<maxMemory slots='4' unit='GiB'>64</maxMemory>")).toEqual([["any", 0, 4096]]);
});

test("a share of a cache", () => {
  const tuned =
    "<cputune><cachetune vcpus='0-1'><cache id='1' level='3' type='both' size='6' unit='MiB'/></cachetune></cputune>";
  expect(claims([domainOf("x", { more: tuned })])[0]?.caches).toEqual([{ level: 3, id: 1, kib: 6144 }]);
});

test("what cannot be read claims nothing, VMs of the plan neither; the rest comes by name", () => {
  const broken = { ...domainOf("broken"), live: "<domain", inactive: "<domain" };
  const found = claims([domainOf("web"), broken, domainOf("db"), domainOf("app")], {
    isPlanned: ({ name }) => name === "db",
  });
  expect(found.map(({ domain, memory }) => [domain, memory.length])).toEqual([
    ["app", 1],
    ["broken", 0],
    ["web", 1],
  ]);
});

test("what a placement of the same run has promised counts instead, also for a domain that is not there yet", () => {
  const facts = new Map([
    ["vcpus.maximum", "1"],
    ["vcpuPins.0", "5"],
    ["emulatorPin", "0"],
    ["memory", "1048576 KiB"],
    ["numa.mode", "strict"],
    ["numa.nodeset", "1"],
  ]);
  const promise = { uuid: undefined, urn: "urn:pulumi:prod::racks::t::web", facts, maximumVcpus: 1 };
  const found = claims([domainOf("web", { more: pins(2, 3) })], {
    promised: [
      { ...promise, name: "web" },
      { ...promise, name: "new" },
    ],
  });
  expect(
    found.map(({ domain, dedicated, owner, memory }) => [domain, String(dedicated), owner, memory.length]),
  ).toEqual([
    ["new", "5", promise.urn, 1],
    ["web", "5", promise.urn, 1],
  ]);
});
