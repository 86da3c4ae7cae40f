import { isolation } from "../../../../provider/host-tuning/knobs/isolation";
import { verifications } from "../../../../provider/host-tuning/plan";
import { snapshotOf } from "../../../support/snapshot";

const cpu = "/sys/devices/system/cpu";

/** Eight CPUs, two nodes; i and i+4 share a core, nodes are 0-1,4-5 and 2-3,6-7. */
function host({ cmdline = "BOOT_IMAGE=/v ro quiet", isolated = "", nohzFull = "  (null)" } = {}) {
  const cores = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((one): [string, string][] => {
    const siblings = `${one % 4},${(one % 4) + 4}`;
    return [
      [`${cpu}/cpu${one}/topology/physical_package_id`, "0"],
      [`${cpu}/cpu${one}/topology/core_id`, String(one % 4)],
      [`${cpu}/cpu${one}/topology/thread_siblings_list`, siblings],
      [`${cpu}/cpu${one}/topology/core_siblings_list`, "0-7"],
    ];
  });
  return snapshotOf({
    files: {
      ...Object.fromEntries(cores),
      [`${cpu}/online`]: "0-7",
      [`${cpu}/possible`]: "0-15",
      [`${cpu}/present`]: "0-7",
      [`${cpu}/isolated`]: isolated,
      [`${cpu}/nohz_full`]: nohzFull,
      "/sys/devices/system/node/online": "0-1",
      "/sys/devices/system/node/node0/cpulist": "0-1,4-5",
      "/sys/devices/system/node/node1/cpulist": "2-3,6-7",
      "/proc/cmdline": cmdline,
    },
  });
}

const parse = (given: object) => isolation.schema.parse(given);
const rows = (given: object, snapshot = host()) => isolation.settings(parse(given), snapshot);
const changes = (given: object, snapshot = host()) =>
  rows(given, snapshot).map((one) => [one.name, one.actual, one.desired]);

test("each effect is a row: what the kernel has, what is wanted, from where it is read", () => {
  const given = { cpus: "2,6", managedIrq: true, nohzFull: true, rcuNocbs: true };
  expect(changes(given)).toEqual([
    ["isolation.domain", "none", "2,6"],
    ["isolation.nohzFull", "none", "2,6"],
    ["isolation.managedIrq", "none", "2,6"],
    ["isolation.rcuNocbs", "none", "2,6"],
    ["isolation.irqAffinity", "none", "0-1,3-5,7"],
  ]);
  expect(rows(given).map((one) => one.kernel?.arguments)).toEqual([
    [{ key: "isolcpus", value: "managed_irq,domain,2,6" }],
    [{ key: "nohz_full", value: "2,6" }],
    [{ key: "isolcpus", value: "managed_irq,domain,2,6" }],
    [{ key: "rcu_nocbs", value: "2,6" }],
    [{ key: "irqaffinity", value: "0-1,3-5,7" }],
  ]);
  expect(rows(given).every((one) => one.impact === "host-reboot" && one.write.length === 0)).toBe(true);
});

test("a host that was booted so has nothing to change", () => {
  const snapshot = host({
    cmdline: "BOOT_IMAGE=/v isolcpus=managed_irq,domain,2,6 nohz_full=2,6 rcu_nocbs=2,6 irqaffinity=0-1,3-5,7",
    isolated: "2,6",
    nohzFull: "2,6",
  });
  const given = { cpus: "6,2", managedIrq: true, nohzFull: true, rcuNocbs: true };
  expect(changes(given, snapshot).filter(([, actual, desired]) => actual !== desired)).toEqual([]);
  expect(isolation.observe(parse(given), snapshot)).toEqual({ ...given, domain: true, irqAffinity: true });
});

test("the effect counts, not the text: an argument that the kernel has dropped shows as absent", () => {
  const snapshot = host({ cmdline: "BOOT_IMAGE=/v isolcpus=managed_irq,domain,2,99" });
  expect(changes({ cpus: "2", managedIrq: true, irqAffinity: false }, snapshot)).toEqual([
    ["isolation.domain", "none", "2"],
    ["isolation.managedIrq", "none", "2"],
    ["isolation.irqAffinity", "none", "none"],
  ]);
});

test("what goes with the isolcpus= of others is shown: flags, and nohz in it", () => {
  const snapshot = host({ cmdline: "BOOT_IMAGE=/v isolcpus=nohz,managed_irq,domain,3", isolated: "3", nohzFull: "3" });
  expect(changes({ cpus: "2,6", irqAffinity: "0" }, snapshot)).toEqual([
    ["isolation.domain", "3", "2,6"],
    ["isolation.nohzFull", "3", "none"],
    ["isolation.managedIrq", "3", "none"],
    ["isolation.irqAffinity", "none", "0"],
  ]);
});

test("false removes the argument", () => {
  const kernel = rows({ cpus: "2,6", domain: false, managedIrq: true, nohzFull: false, irqAffinity: false }).map(
    (one) => one.kernel,
  );
  expect(kernel).toEqual([
    { keys: ["isolcpus"], arguments: [{ key: "isolcpus", value: "managed_irq,2,6" }] },
    { keys: ["nohz_full"], arguments: [] },
    { keys: ["isolcpus"], arguments: [{ key: "isolcpus", value: "managed_irq,2,6" }] },
    { keys: ["irqaffinity"], arguments: [] },
  ]);
});

test("refresh describes a host that was tuned otherwise", () => {
  const snapshot = host({ cmdline: "BOOT_IMAGE=/v isolcpus=3 irqaffinity=0", isolated: "3" });
  expect(isolation.observe(parse({ cpus: "2,6", nohzFull: true }), snapshot)).toEqual({
    cpus: "3",
    domain: true,
    managedIrq: false,
    nohzFull: false,
    irqAffinity: "0",
  });
  expect(isolation.observe(parse({ cpus: "2,6" }), host())).toEqual({
    cpus: "2,6",
    domain: false,
    managedIrq: false,
    irqAffinity: false,
  });
});

test.each([
  ["0,4", "CPU 0 boots the host"],
  ["2-9", "CPUs 8-9 are not on this host, which has 0-7"],
  ["0-7", "no CPU would be left for the host itself: it has 0-7"],
])("refuses %s", (cpus, problem) => {
  expect(rows({ cpus })[0]?.problem).toContain(problem);
  expect(
    rows({ cpus })
      .slice(1)
      .some((one) => one.problem !== undefined),
  ).toBe(false);
});

test("warns of cores cut in half and of nodes without a CPU for the host", () => {
  expect(rows({ cpus: "2,6" })[0]?.warning).toBeUndefined();
  expect(rows({ cpus: "2,3,6" })[0]?.warning).toBe(
    "CPUs 3 share their cores with CPUs 7, which stay with the host: its work slows them down",
  );
  expect(rows({ cpus: "2-3,6-7" })[0]?.warning).toBe(
    "NUMA node 1 keeps no CPU for the host: kernel threads for its memory and devices run on another node",
  );
});

test.each([
  [{ cpus: "" }, ["cpus"]],
  [{ cpus: "3-2" }, ["cpus"]],
  [{ cpus: "2", irqAffinity: "x" }, ["irqAffinity"]],
  [{ cpus: "2", mode: "runtime" }, ["mode"]],
  [{ cpus: "2", kernel: true }, []],
])("the schema refuses %j", (given, path) => {
  const result = isolation.schema.safeParse(given);
  expect(result.error?.issues.map((issue) => issue.path)).toEqual([path]);
});

test("refuses to isolate nothing, which is a state that a host can be in and that refresh may write down", () => {
  expect(isolation.schema.safeParse({ cpus: "2", domain: false }).success).toBe(true);
  expect(rows({ cpus: "2", domain: false })[0]?.problem).toBe(
    "isolates nothing: leave domain as it is, or set managedIrq, nohzFull or rcuNocbs",
  );
});

test.each([
  ["1", 'the kernel always adds CPU 0, which boots the host: write "0-1"'],
  ["0-99", "CPUs 8-99 are not on this host, which has 0-7"],
  ["0-2", "CPUs 2 are isolated by cpus: interrupts go to the others"],
  ["0-1", undefined],
])("irqAffinity %s beside cpus 2,6", (irqAffinity, problem) => {
  const found = rows({ cpus: "2,6", irqAffinity }).filter((one) => one.problem !== undefined);
  expect(found.map((one) => [one.name, one.problem])).toEqual(
    problem === undefined ? [] : [["isolation.irqAffinity", problem]],
  );
});

test.each(["2,3,4,5,6,7", "3-7,2"])("refresh keeps the program's spelling of %s", (cpus) => {
  const snapshot = host({ cmdline: "BOOT_IMAGE=/v isolcpus=domain,2-7 irqaffinity=0-1", isolated: "2-7" });
  expect(isolation.observe(parse({ cpus }), snapshot)).toEqual({
    cpus,
    domain: true,
    managedIrq: false,
    irqAffinity: true,
  });
});

test("refresh of nohzFull without rcuNocbs is no drift, though the kernel offloads the callbacks of nohz_full=", () => {
  const given = { cpus: "2,6", nohzFull: true, rcuNocbs: false };
  const cmdline = "BOOT_IMAGE=/v isolcpus=domain,2,6 nohz_full=2,6 irqaffinity=0-1,3-5,7";
  const snapshot = host({ cmdline, isolated: "2,6", nohzFull: "2,6" });
  expect(isolation.observe(parse(given), snapshot)).toEqual({
    ...given,
    domain: true,
    managedIrq: false,
    irqAffinity: true,
  });
});

test("refresh shows a part that is on for other CPUs, wanted or not", () => {
  const given = { cpus: "2,6", managedIrq: true, rcuNocbs: false };
  const cmdline = "BOOT_IMAGE=/v isolcpus=domain,2,6 rcu_nocbs=3 irqaffinity=0-1,3-5,7";
  expect(isolation.observe(parse(given), host({ cmdline, isolated: "2,6" }))).toEqual({
    cpus: "2,6",
    domain: true,
    managedIrq: false,
    rcuNocbs: true,
    irqAffinity: true,
  });
});

test("callbacks of another's nohz_full= stay offloaded: no reboot can change that while the argument stays", () => {
  const cmdline = "BOOT_IMAGE=/v isolcpus=domain,2,6 nohz_full=3 rcu_nocbs=2,6 irqaffinity=0-1,3-5,7";
  const snapshot = host({ cmdline, isolated: "2,6", nohzFull: "3" });
  const rcu = (given: object) =>
    changes({ cpus: "2,6", ...given }, snapshot).find(([name]) => name === "isolation.rcuNocbs");
  expect(rcu({ rcuNocbs: true })).toEqual(["isolation.rcuNocbs", "2-3,6", "2-3,6"]);
  expect(rcu({ rcuNocbs: false })).toEqual(["isolation.rcuNocbs", "2-3,6", "3"]);
  // nohz_full= is ours here, and goes.
  expect(rcu({ rcuNocbs: true, nohzFull: false })).toEqual(["isolation.rcuNocbs", "2-3,6", "2,6"]);
  expect(
    rows({ cpus: "2,6", rcuNocbs: true }, snapshot).find((one) => one.name === "isolation.rcuNocbs")?.kernel,
  ).toEqual({
    keys: ["rcu_nocbs"],
    arguments: [{ key: "rcu_nocbs", value: "2,6" }],
  });
});

test("what only the command line tells is verified as unknown; that it is wrong, or not wanted, is known", () => {
  const cmdline = "BOOT_IMAGE=/v isolcpus=managed_irq,domain,2,6 rcu_nocbs=2,6 irqaffinity=0-1,3-5,7";
  const snapshot = host({ cmdline, isolated: "2,6" });
  const verdicts = (given: object) =>
    verifications({ isolation: parse({ cpus: "2,6", ...given }) }, snapshot).map(({ verdict }) => verdict);
  // domain, managedIrq, rcuNocbs, irqAffinity
  expect(verdicts({ managedIrq: true, rcuNocbs: true })).toEqual(["pass", "unknown", "unknown", "pass"]);
  expect(verdicts({ managedIrq: false, rcuNocbs: false })).toEqual(["pass", "fail", "fail", "pass"]);
  const plain = host({ cmdline: "BOOT_IMAGE=/v isolcpus=domain,2,6 irqaffinity=0-1,3-5,7", isolated: "2,6" });
  expect(
    verifications({ isolation: parse({ cpus: "2,6", rcuNocbs: false }) }, plain).map(({ verdict }) => verdict),
  ).toEqual(["pass", "pass", "pass", "pass"]);
});
