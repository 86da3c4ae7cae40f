import { CpuSet } from "../../../../provider/linux/cpu-set";
import { pinned, problemsOf, shutOff } from "../support";

const topology = (sockets: number, cores: number, threads: number) => ({
  "cpu.topology.sockets": String(sockets),
  "cpu.topology.cores": String(cores),
  "cpu.topology.threads": String(threads),
});

describe("the product of the topology", () => {
  test.each([topology(1, 4, 1), topology(2, 1, 2), { ...topology(1, 2, 1), "cpu.topology.dies": "2" }])(
    "%j is four vCPUs",
    (wanted) => {
      expect(problemsOf(wanted)).toEqual([]);
    },
  );

  test("that is not the number of vCPUs is refused, with both ways out", () => {
    expect(problemsOf(topology(2, 8, 2))).toEqual([
      'cpu.topology: 2 sockets × 8 cores × 2 threads make 32 vCPUs, and domain "db" has 4: libvirt takes no other product. Change the parts, or set vcpus.maximum: 32',
    ]);
  });

  test("counts the parts that the domain has", () => {
    const domain = shutOff({ "vcpus.maximum": "4", ...topology(1, 4, 1) });
    expect(problemsOf({ "cpu.topology.threads": "2" }, { domain })).toEqual([
      'cpu.topology: 1 socket × 4 cores × 2 threads make 8 vCPUs, and domain "db" has 4: libvirt takes no other product. Change the parts, or set vcpus.maximum: 8',
    ]);
    expect(problemsOf({ "vcpus.maximum": "6" }, { domain })).toEqual([
      'vcpus.maximum: 1 socket × 4 cores × 1 thread make 4 vCPUs, and domain "db" has 6: libvirt takes no other product. Change the parts, or set vcpus.maximum: 4',
    ]);
  });

  test("of a domain that is not there is checked only against a wanted number", () => {
    expect(problemsOf(topology(2, 8, 2), { domain: undefined })).toEqual([]);
    expect(problemsOf({ ...topology(2, 8, 2), "vcpus.maximum": "32" }, { domain: undefined })).toEqual([]);
  });
});

describe("siblings of the guest", () => {
  const cores = [CpuSet.parse("0,4"), CpuSet.parse("1,5"), CpuSet.parse("2,6")];
  const threads = topology(1, 2, 2);

  test("are siblings of the host", () => {
    expect(problemsOf({ ...threads, ...pinned([0, 4, 5, 1]) }, { host: { cores, nodes: [] } })).toEqual([]);
  });

  test("that are not are refused, with what would be right", () => {
    expect(problemsOf(pinned([0, 1, 2, 4]), { host: { cores, nodes: [] }, domain: shutOff(threads) })).toEqual([
      "vcpuPins: the guest takes 2 vCPUs in a row for threads of one core, and they lie on different cores: " +
        "vCPUs 0-1 on CPUs 0-1, vCPUs 2-3 on CPUs 2,4. Pin such vCPUs to siblings (0-1 to 0,4), or set cpu.topology.threads: 1",
    ]);
  });

  test("cannot be on a host without SMT", () => {
    expect(problemsOf(threads, { domain: shutOff(pinned([0, 1])) })).toEqual([
      "cpu.topology.threads: the guest takes 2 vCPUs in a row for threads of one core, and they lie on different cores: " +
        "vCPUs 0-1 on CPUs 0-1. No core of this host has 2 threads: set cpu.topology.threads: 1",
    ]);
  });

  test("are not judged by half: one pin of a core, sets, or CPUs that are on no core", () => {
    const smt = { host: { cores, nodes: [] } };
    expect(problemsOf({ ...threads, "vcpuPins.0": "0", "vcpuPins.2": "1" }, smt)).toEqual([]);
    expect(problemsOf({ ...threads, "vcpuPins.0": "0-1", "vcpuPins.1": "2" }, smt)).toEqual([]);
    expect(problemsOf({ ...threads, ...pinned([0, 3]) }, smt)).toEqual([]);
  });
});
