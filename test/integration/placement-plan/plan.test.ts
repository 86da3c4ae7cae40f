/* The plan and the resources that it feeds, in one process, over a fixture root and the stand-in for libvirt. */
import { createHostTuning } from "../../../provider/host-tuning/resource";
import type { PlannedHostNeeds, PlannedVm } from "../../../provider/placement-plan/model";
import { createPlacementPlan } from "../../../provider/placement-plan/resource";
import type { Props, Resource, Run } from "../../../provider/resource";
import { definition, fixtureHost, otherUuid, type FixtureHost } from "../vm-cpu-placement/fixture-host";

jest.setTimeout(60_000);

const connection = { host: "10.0.0.11", hostKeyFingerprint: `SHA256:${"a".repeat(43)}` };
const urnOf = (type: string, name: string, stack = "prod"): string =>
  `urn:pulumi:${stack}::racks::pulumi-nodejs:dynamic/kvm-tuning:${type}::${name}`;

let host: FixtureHost;
afterEach(() => host.remove());

interface Answer {
  readonly inputs: Props;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

interface Asked {
  readonly news: Props;
  readonly olds?: Props;
}

/** One call of check, as the engine makes it. */
async function checked(resource: Resource, urn: string, { news, olds }: Asked): Promise<Answer> {
  const warnings: string[] = [];
  const run: Run = { urn, warn: async (text) => void warnings.push(text), progress: () => undefined };
  const { computed, problems } = await resource.check({ olds, news, unknowns: [] }, run);
  return {
    inputs: { ...news, ...computed },
    problems: problems.map(({ path, reason }) => `${path}: ${reason}`),
    warnings,
  };
}

const silent = (urn: string): Run => ({ urn, warn: async () => undefined, progress: () => undefined });

const fleet = {
  hosts: { "kvm-01": { connection, reserved: "0,4" } },
  vms: {
    db: { vcpus: 2, memoryMiB: 1024, pageSize: "2M" },
    web: { vcpus: 2, memoryMiB: 2048, emulatorThreads: "isolate" },
  },
};

function twoDomains(): FixtureHost {
  return fixtureHost({
    running: false,
    xml: definition("db", { memoryMiB: 1024 }),
    others: [{ uuid: otherUuid, xml: definition("web", { uuid: otherUuid }), running: false }],
  });
}

const placements = (inputs: Props): Readonly<Record<string, PlannedVm>> =>
  inputs["__placements"] as Record<string, PlannedVm>;

const pinOf = (inputs: Props, name: string, vcpu: number): string =>
  placements(inputs)[name]?.settings.vcpuPins[vcpu] ?? "";

/** Where no VM of the first plan has a CPU: the third of the node of db. */
const freeCpu = (inputs: Props): string => (pinOf(inputs, "db", 0) === "1" ? "3" : "7");

/** What `...plan.placement(name)` makes of the arguments. */
const placed = (inputs: Props, name: string, domain = name): Props => ({
  connection,
  domain,
  ...placements(inputs)[name]?.settings,
});

/** check and create, as `up` calls them. */
async function applyAll(plan: Props, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const urn = urnOf("VmCpuPlacement", name);
    const { inputs, problems } = await checked(host.resource, urn, { news: placed(plan, name) });
    expect(problems).toEqual([]);
    await host.resource.create({ inputs }, silent(urn));
  }
}

test("what it plans is what placements take: nothing to refuse, nothing to warn of, and the second run changes nothing", async () => {
  host = twoDomains();
  const urn = urnOf("PlacementPlan", "rack-7");
  const first = await checked(createPlacementPlan(host.hosts), urn, { news: fleet });
  expect(first).toMatchObject({ problems: [], warnings: [] });
  // Which of the two alike nodes each is on says nothing.
  const lines = first.inputs["plan"] as Record<string, string>;
  expect(lines["db"]).toMatch(
    /^\(absent\) → kvm-01 node (0, vCPUs on 1,2, emulator on 0|1, vCPUs on 5,6, emulator on 4), 1 GiB in pages of 2M {2}\[none\]$/,
  );
  expect(lines["web"]).toMatch(
    /^\(absent\) → kvm-01 node (0, vCPUs on 1,2, emulator on 3|1, vCPUs on 5,6, emulator on 7), 2 GiB {2}\[none\]$/,
  );
  for (const name of ["db", "web"]) {
    const answer = await checked(host.resource, urnOf("VmCpuPlacement", name), { news: placed(first.inputs, name) });
    expect(answer).toMatchObject({ problems: [], warnings: [] });
  }
  await applyAll(first.inputs, ["db", "web"]);
  expect(host.inactive()).toContain(`<vcpupin vcpu='1' cpuset='${pinOf(first.inputs, "db", 1)}'/>`);

  host.newRun();
  const again = await checked(createPlacementPlan(host.hosts), urn, { news: fleet, olds: first.inputs });
  expect(again.inputs).toEqual({ ...first.inputs, plan: {} });
});

test("a VM whose domain has another name than the plan was told is still the plan's own, by what was written there", async () => {
  host = fixtureHost({ running: false, xml: definition("db-server", { memoryMiB: 1024 }) });
  const urn = urnOf("PlacementPlan", "rack-7");
  const args = { ...fleet, vms: { db: fleet.vms.db } };
  const first = await checked(createPlacementPlan(host.hosts), urn, { news: args });
  const placing = urnOf("VmCpuPlacement", "db");
  const { inputs } = await checked(host.resource, placing, { news: placed(first.inputs, "db", "db-server") });
  await host.resource.create({ inputs }, silent(placing));
  host.newRun();
  const again = await checked(createPlacementPlan(host.hosts), urn, { news: args, olds: first.inputs });
  expect(placements(again.inputs)).toEqual(placements(first.inputs));
  expect(again.inputs["plan"]).toEqual({});
});

test("a VM that is added leaves the others where they are", async () => {
  host = twoDomains();
  const urn = urnOf("PlacementPlan", "rack-7");
  const first = await checked(createPlacementPlan(host.hosts), urn, { news: fleet });
  await applyAll(first.inputs, ["db", "web"]);
  host.newRun();
  const more = { ...fleet, vms: { cache: { vcpus: 1, memoryMiB: 512 }, ...fleet.vms } };
  const second = await checked(createPlacementPlan(host.hosts), urn, { news: more, olds: first.inputs });
  expect(Object.keys(second.inputs["plan"] as object)).toEqual(["cache"]);
  expect(pinOf(second.inputs, "cache", 0)).toBe(freeCpu(first.inputs));
  expect(placements(second.inputs)).toMatchObject(placements(first.inputs));
});

test("without a state the plan takes over the pins that the domains have", async () => {
  host = fixtureHost({
    running: true,
    xml: definition("db", {
      memoryMiB: 1024,
      more:
        "<cputune><vcpupin vcpu='0' cpuset='7'/><vcpupin vcpu='1' cpuset='5'/><emulatorpin cpuset='4'/></cputune>\n" +
        "<numatune><memory mode='strict' nodeset='1'/></numatune>\n",
    }),
  });
  const urn = urnOf("PlacementPlan", "rack-7");
  const args = { ...fleet, vms: { db: { vcpus: 2, memoryMiB: 1024 } } };
  const { inputs } = await checked(createPlacementPlan(host.hosts), urn, { news: args });
  expect(placements(inputs)["db"]?.settings).toMatchObject({ vcpuPins: { 0: "7", 1: "5" }, numa: { nodeset: "1" } });
});

describe("two plans on one host", () => {
  const other = { ...fleet, vms: { cache: { vcpus: 2, memoryMiB: 512 } } };
  const urn = urnOf("PlacementPlan", "cache", "other");

  test("of two stacks: what the one has placed, the other plans around", async () => {
    host = twoDomains();
    const first = await checked(createPlacementPlan(host.hosts), urnOf("PlacementPlan", "rack-7"), { news: fleet });
    await applyAll(first.inputs, ["db", "web"]);
    host.newRun();
    const second = await checked(createPlacementPlan(host.hosts), urn, { news: other });
    expect(second.problems).toEqual([
      "vms.cache: cache on kvm-01: wants 2 CPUs, at most 1 can be had: 1 short. Give it fewer dedicated vCPUs, or reserve fewer CPUs",
    ]);
    const small = await checked(createPlacementPlan(host.hosts), urn, {
      news: {
        ...other,
        vms: { cache: { vcpus: 1, memoryMiB: 512 } },
      },
    });
    expect(pinOf(small.inputs, "cache", 0)).toBe(freeCpu(first.inputs));
  });

  test("of two stacks: CPUs that the program has chosen and the other stack has are an error that names it", async () => {
    host = twoDomains();
    const first = await checked(createPlacementPlan(host.hosts), urnOf("PlacementPlan", "rack-7"), { news: fleet });
    await applyAll(first.inputs, ["db", "web"]);
    host.newRun();
    const cpus = [0, 1].map((vcpu) => pinOf(first.inputs, "db", vcpu)).join("-");
    const pinned = { cache: { vcpus: 2, memoryMiB: 512, host: "kvm-01", pins: { vcpus: cpus } } };
    const { problems } = await checked(createPlacementPlan(host.hosts), urn, { news: { ...other, vms: pinned } });
    expect(problems).toEqual([
      `vms.cache.pins.vcpus: CPUs ${cpus} of kvm-01 are dedicated to domain "db", which resource "db" of stack "prod" (project "racks") places: choose others, or pin that domain elsewhere`,
    ]);
  });

  test("of one program: what the first has planned and nothing has placed yet counts for the second", async () => {
    host = twoDomains();
    const first = await checked(createPlacementPlan(host.hosts), urnOf("PlacementPlan", "rack-7"), { news: fleet });
    const second = await checked(createPlacementPlan(host.hosts), urnOf("PlacementPlan", "cache"), {
      news: {
        ...other,
        vms: { cache: { vcpus: 1, memoryMiB: 512 } },
      },
    });
    const taken = Object.values(placements(first.inputs)).flatMap(({ settings }) => Object.values(settings.vcpuPins));
    expect(taken).not.toContain(placements(second.inputs)["cache"]?.settings.vcpuPins["0"]);
  });
});

test("on a fresh host huge pages come later in the same run: planned, promised by HostTuning, and not missed by the placement", async () => {
  host = fixtureHost({
    running: false,
    xml: definition("db", { memoryMiB: 1024 }),
    files: {
      "/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages": "0\n",
      "/sys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages": "0\n",
      "/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages": "0\n",
      "/sys/devices/system/node/node1/hugepages/hugepages-2048kB/free_hugepages": "0\n",
    },
  });
  const args = { ...fleet, vms: { db: fleet.vms.db } };
  const plan = await checked(createPlacementPlan(host.hosts), urnOf("PlacementPlan", "rack-7"), { news: args });
  const alone = await checked(host.resource, urnOf("VmCpuPlacement", "db"), { news: placed(plan.inputs, "db") });
  expect(alone.problems).toEqual([
    expect.stringContaining("512 pages of 2M are needed on NUMA node 0, and 0 of 0 are free"),
  ]);
  const { hugepages } = (plan.inputs["__hosts"] as Record<string, PlannedHostNeeds>)["kvm-01"] as PlannedHostNeeds;
  expect(hugepages).toEqual([{ size: "2M", nodes: { 0: 512, 1: 0 }, reserveMiB: 1024 }]);
  const tuning = await checked(createHostTuning(host.hosts), urnOf("HostTuning", "kvm-01"), {
    news: { connection, hugepages },
  });
  expect(tuning.inputs["plan"]).toMatchObject({ "hugepages.2M.node0": "0 → 512  [live]" });
  const after = await checked(host.resource, urnOf("VmCpuPlacement", "db"), { news: placed(plan.inputs, "db") });
  expect(after.problems).toEqual([]);
});

test("a host whose tables contradict each other is named with each contradiction, and nothing is planned", async () => {
  host = twoDomains();
  host.fixture.write({ "/sys/devices/system/node/node1/cpulist": "3-7\n" });
  const { problems } = await checked(createPlacementPlan(host.hosts), urnOf("PlacementPlan", "rack-7"), {
    news: fleet,
  });
  expect(problems).toEqual([
    expect.stringMatching(
      /^hosts\.kvm-01: the CPU topology that the kernel shows contradicts itself:\n {2}- CPUs 3 are on NUMA node 1 and on a lower one too/,
    ),
  ]);
});

test("a host whose libvirt does not answer has claims that nobody knows: no plan", async () => {
  host = twoDomains();
  host.fixture.write({ "/libvirt/down": "" });
  const { problems } = await checked(createPlacementPlan(host.hosts), urnOf("PlacementPlan", "rack-7"), {
    news: fleet,
  });
  expect(problems).toEqual([
    expect.stringContaining("hosts.kvm-01: libvirt on this host cannot be asked for its domains: "),
  ]);
});

test("one host under two names is refused", async () => {
  host = twoDomains();
  const twice = { ...fleet, hosts: { ...fleet.hosts, "kvm-02": { connection } } };
  const { problems } = await checked(createPlacementPlan(host.hosts), urnOf("PlacementPlan", "rack-7"), {
    news: twice,
  });
  expect(problems).toEqual(['hosts.kvm-02.connection.host: is the address of host "kvm-01" too']);
});

test("nothing is written on the host, and the whole plan is one reading of it", async () => {
  host = twoDomains();
  let readings = 0;
  host.intercept = (request, exec) => {
    readings += 1;
    return exec(request);
  };
  const before = host.fixture.state();
  const resource = createPlacementPlan(host.hosts);
  const urn = urnOf("PlacementPlan", "rack-7");
  const { inputs } = await checked(resource, urn, { news: fleet });
  const { id, outputs } = await resource.create({ inputs }, silent(urn));
  expect(id).toBe("rack-7");
  const read = await resource.read({ id, outputs }, silent(urn));
  expect(await resource.diff({ id, outputs: read?.outputs ?? {}, inputs, unknowns: [] }, silent(urn))).toEqual({
    changes: false,
    replaces: [],
  });
  await resource.delete({ id, outputs }, silent(urn));
  expect(host.fixture.state()).toEqual(before);
  expect(readings).toBe(1);
});
