import type { ExpectedHost, Hosts } from "../../../provider/host/hosts";
import { createHostTuning } from "../../../provider/host-tuning/resource";
import type { Props } from "../../../provider/resource";
import { snapshotOf, untunedFiles } from "../../support/snapshot";

/** What the check of a HostTuning with these arguments tells the placements of its run. */
async function expected(args: Props, unknowns: readonly string[] = []): Promise<readonly ExpectedHost[]> {
  const told: ExpectedHost[] = [];
  const hosts: Pick<Hosts, "snapshot" | "expect"> = {
    snapshot: () => Promise.resolve(snapshotOf({ files: untunedFiles() })),
    expect: (_connection, one) => void told.push(one),
  };
  const run = { urn: "urn", warn: () => Promise.resolve(), progress: () => undefined };
  const news = { connection: { host: "kvm-01" }, ...args };
  await createHostTuning(hosts as Hosts).check({ olds: undefined, news, unknowns }, run);
  return told;
}

const hugepages = [
  { size: "2M", nodes: { "0": 64, "1": 0 } },
  { size: "1048576kB", nodes: { "1": 2 } },
];
const pools = [
  { sizeKiB: 2048, node: 0, pages: 64 },
  { sizeKiB: 2048, node: 1, pages: 0 },
  { sizeKiB: 1048576, node: 1, pages: 2 },
];

test.each([
  ["pages alone", { hugepages }, [{ isolatedCpus: "", hugepages: pools }]],
  ["isolation alone", { isolation: { cpus: "2-3", domain: true } }, [{ isolatedCpus: "2-3", hugepages: [] }]],
  ["both", { hugepages, isolation: { cpus: "2-3", domain: true } }, [{ isolatedCpus: "2-3", hugepages: pools }]],
  [
    "time for real-time threads",
    { sysctl: { "kernel/sched_rt_runtime_us": -1 } },
    [{ isolatedCpus: "", hugepages: [], realTimeRuntimeMicroseconds: -1 }],
  ],
  ["isolation that keeps load balancing", { isolation: { cpus: "2-3", domain: false, nohzFull: true } }, []],
  [
    "a partition that keeps load balancing",
    { isolation: { mode: "partition", cpus: "2-3" } },
    [{ isolatedCpus: "", partition: { cpus: "2-3", balanced: true }, hugepages: [] }],
  ],
  [
    "a partition without it",
    { isolation: { mode: "partition", cpus: "2-3", partition: "isolated" } },
    [{ isolatedCpus: "2-3", partition: { cpus: "2-3", balanced: false }, hugepages: [] }],
  ],
  ["neither", { numaBalancing: false }, []],
])("a HostTuning tells its run: %s", async (_name, args, told) => {
  expect(await expected(args)).toEqual(told);
});

test("what is known only during the update is not told", async () => {
  expect(await expected({ hugepages: undefined }, ["hugepages.0.size"])).toEqual([]);
});
