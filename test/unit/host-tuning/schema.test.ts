import { parseArgs } from "../../../provider/host-tuning/schema";

const connection = { host: "kvm-01", insecureIgnoreHostKey: true };

/** `path: reason`, sorted. */
function problems(given: Record<string, unknown>): readonly string[] {
  const parsed = parseArgs({ connection, ...given });
  return "problems" in parsed ? parsed.problems.map(({ path, reason }) => `${path}: ${reason}`).sort() : [];
}

test("gives defaults to what the program leaves out", () => {
  expect(parseArgs({ connection })).toEqual({
    args: {
      connection,
      maxDisruption: "live",
      whenExceeded: "fail",
      drain: { method: "refuse", timeoutSeconds: 120, order: [] },
      rebootTimeoutSeconds: 900,
      trialBoot: "auto",
      onDelete: "restore",
      verify: "fail",
      conflicts: "warn",
      takeOwnership: false,
    },
  });
});

test("lists every problem at once, each with its nested path", () => {
  expect(
    problems({
      connection: { host: "", port: "22", proxy: { host: "jump", prot: 1 } },
      hugepage: [],
      hugepages: [
        { size: "3M", nodes: { "0": -1, x: 1 } },
        { size: "2M", nodes: { "0": 1.5 }, node: 1 },
      ],
      cpuGovernor: [{ cpus: "0-", governor: "performance", cpu: 1 }],
      numaBalancing: "no",
      sysctl: { "vm.swappiness": null, "../etc/shadow": "1" },
      maxDisruption: "reboot",
    }).map((text) => text.replace(/: .*/, "")),
  ).toEqual([
    "connection.host",
    "connection.port",
    "connection.proxy.prot",
    "cpuGovernor.0.cpu",
    "cpuGovernor.0.cpus",
    "hugepage",
    "hugepages.0.nodes.0",
    "hugepages.0.nodes.x",
    "hugepages.0.size",
    "hugepages.1.node",
    "hugepages.1.nodes.0",
    "maxDisruption",
    "numaBalancing",
    "sysctl.../etc/shadow",
    "sysctl.vm.swappiness",
  ]);
});

test.each([
  [{ cpuGovernor: "Performance!" }, "cpuGovernor: must be a governor's name, for example performance"],
  [
    { cpuGovernor: [{ cpus: "", governor: "performance" }] },
    'cpuGovernor.0.cpus: must be a CPU list, for example "2-15,18"',
  ],
  [
    { cpuGovernor: 7 },
    "cpuGovernor: Invalid input: expected string, received number; or Invalid input: expected array, received number",
  ],
  [
    {
      cpuGovernor: [
        { cpus: "0-3", governor: "performance" },
        { cpus: "2,8", governor: "powersave" },
      ],
    },
    "cpuGovernor.1.cpus: CPUs 2 are named twice",
  ],
  [
    {
      hugepages: [
        { size: "2M", nodes: {} },
        { size: "2048K", nodes: {} },
      ],
    },
    "hugepages.1.size: 2M is given twice: put its nodes into one entry",
  ],
  [{ hugepages: [{ size: "2MB", nodes: {} }] }, 'hugepages.0.size: must be a page size such as "2M" or "1G"'],
  [{ hugepages: [{ size: "2M", nodes: { "01": 1 } }] }, "hugepages.0.nodes.01: must be the number of a NUMA node"],
  [{ sysctl: { "vm.swappiness": "1\n2" } }, ""],
  [{ sysctl: { "vm.swappiness": "1\u00002" } }, "sysctl.vm.swappiness: must be one line of text"],
])("%j", (given, problem) => {
  expect(problems(given)).toEqual(problem === "" ? [] : [problem]);
});

test.each([
  [
    { sysctl: { "vm.swappiness": 1, "vm/swappiness": 1 } },
    'sysctl.vm/swappiness: is set by sysctl["vm.swappiness"] too: give one of sysctl["vm/swappiness"] and sysctl["vm.swappiness"]',
  ],
  [
    { sysctl: { "kernel/numa_balancing": 0 }, numaBalancing: false },
    'sysctl.kernel/numa_balancing: is set by numaBalancing too: give one of sysctl["kernel/numa_balancing"] and numaBalancing',
  ],
  [
    { sysctl: { "vm.nr_hugepages": 0 }, hugepages: [] },
    'sysctl.vm.nr_hugepages: is set by hugepages too: give one of sysctl["vm.nr_hugepages"] and hugepages',
  ],
])("refuses one setting by two ways, with both paths: %j", (given, problem) => {
  expect(problems(given)).toEqual([problem]);
});

test("takes a sysctl that an absent argument would set", () => {
  expect(problems({ sysctl: { "kernel.numa_balancing": 0, "vm.nr_hugepages": 0 } })).toEqual([]);
});

test("takes huge values, and an empty one", () => {
  const big = "1 ".repeat(50_000).trim();
  const parsed = parseArgs({ connection, sysctl: { "kernel.modprobe": "", "net.x": big } });
  expect(parsed).toMatchObject({ args: { sysctl: { "kernel.modprobe": "", "net.x": big } } });
  expect(problems({ hugepages: [{ size: "2M", nodes: { "0": 2 ** 31 } }] })).toHaveLength(1);
});

test("never repeats a value, which may be a secret in the wrong field", () => {
  const secret = "CANARY-4711";
  const given = {
    connection: {
      host: `${secret} x`,
      port: secret,
      user: `${secret} x`,
      hostKey: secret,
      privateKey: 7,
      [`x`]: secret,
    },
    hugepages: [{ size: secret, nodes: { "0": secret } }],
    cpuGovernor: [{ cpus: secret, governor: `${secret}!` }],
    numaBalancing: secret,
    isolation: { cpus: secret },
    kernelArguments: secret,
    sysctl: { "vm.swappiness": { secret } },
    maxDisruption: secret,
    onDelete: secret,
    takeOwnership: secret,
  };
  const all = problems(given);
  expect(all.length).toBeGreaterThan(12);
  expect(all.filter((text) => text.includes(secret))).toEqual([]);
});

test("computed keys and the package's own are no arguments", () => {
  const computed = { plan: 1, impact: 1, pending: 1, undo: 1, actual: 1, verification: 1, hostId: 1 };
  expect(problems({ ...computed, __urn: "x", __journal: [] })).toEqual([]);
});
