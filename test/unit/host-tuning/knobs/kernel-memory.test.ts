/* Transparent huge pages, page merging, real-time run time. */
import { knobs } from "../../../../provider/host-tuning/registry";
import { planHost } from "../../../../provider/host-tuning/plan";
import { parseArgs } from "../../../../provider/host-tuning/schema";
import { snapshotOf } from "../../../support/snapshot";
import { recordedHosts } from "../../../support/tuned-host/recorded-hosts";
import { simulatedHost } from "../../../support/tuned-host/simulated-host";

const connection = { host: "kvm-01", insecureIgnoreHostKey: true };
const files = recordedHosts["two nodes with acpi-cpufreq"] ?? {};
const parsed = (given: Record<string, unknown>) => {
  const result = parseArgs({ connection, ...given });
  if ("problems" in result) throw new Error(JSON.stringify(result.problems));
  return result.args;
};
const problems = (given: Record<string, unknown>) => {
  const result = parseArgs({ connection, ...given });
  return "problems" in result ? result.problems.map(({ path, reason }) => `${path}: ${reason}`) : [];
};
const plan = (given: Record<string, unknown>, more: Record<string, string> = {}) =>
  planHost(parsed(given), snapshotOf({ files: { ...files, ...more } }));

const thp = "/sys/kernel/mm/transparent_hugepage";

describe("transparentHugepages", () => {
  test("one word sets for whom alone; the word in brackets is what is there", () => {
    const { changes } = plan({ transparentHugepages: "never" });
    expect(changes).toContainEqual({
      setting: "transparentHugepages.enabled",
      actual: "always",
      desired: "never",
      impact: "live",
    });
    expect(changes.some(({ setting }) => setting.includes("defrag"))).toBe(false);
  });

  test("both are written and kept for the next boot", () => {
    const host = simulatedHost(files);
    host.run(
      planHost(parsed({ transparentHugepages: { enabled: "madvise", defrag: "defer+madvise" } }), host.snapshot())
        .steps,
    );
    const { files: now } = host.snapshot();
    expect(now.text(`${thp}/enabled`)).toBe("always [madvise] never");
    expect(now.text(`${thp}/defrag`)).toBe("always defer [defer+madvise] madvise never");
    expect(now.text("/etc/kvm-tuning/boot-values")).toContain(`${thp}/defrag defer+madvise\n${thp}/enabled madvise`);
  });

  test("a word that the kernel does not offer is refused with those it does", () => {
    const old = { [`${thp}/defrag`]: "always defer [madvise] never" };
    expect(plan({ transparentHugepages: { defrag: "defer+madvise" } }, old).problems).toEqual([
      {
        path: "transparentHugepages.defrag",
        reason: "this kernel has no defer+madvise; it offers always, defer, madvise, never",
      },
    ]);
  });

  test.each([
    ["sometimes", "transparentHugepages: "],
    [{ enabled: "defer" }, "transparentHugepages.enabled: "],
    [{ defrag: "on", enable: "never" }, "transparentHugepages.defrag: "],
    [{}, "transparentHugepages: sets nothing: give enabled or defrag"],
  ])("%j is refused", (given, start) => {
    expect(problems({ transparentHugepages: given })[0]).toContain(start);
  });

  test("drift has the argument's shape", () => {
    const drifted = snapshotOf({ files });
    const { transparentHugepages } = knobs;
    expect(transparentHugepages.observe("never", drifted)).toBe("always");
    expect(transparentHugepages.observe({ enabled: "never" }, drifted)).toEqual({ enabled: "always" });
    expect(transparentHugepages.observe({ defrag: "never" }, drifted)).toEqual({ defrag: "madvise" });
    expect(transparentHugepages.observe("never", snapshotOf({}))).toBe("never");
  });
});

describe("ksm", () => {
  // 4 KiB pages: 4000000 KiB are 1000100 pages; 6000000 KiB are available.
  const sharing = (pages: number) => ({ "/sys/kernel/mm/ksm/pages_sharing": String(pages) });

  test.each(["off", "on"])("%s is never a question of memory", (word) => {
    expect(plan({ ksm: word }, sharing(10 ** 9)).problems).toEqual([]);
  });

  test("unmerge is refused while the pages need more than the host has available", () => {
    expect(plan({ ksm: "unmerge" }, sharing(1_500_000)).problems).toEqual([]);
    expect(plan({ ksm: "unmerge" }, sharing(1_500_001)).problems).toEqual([
      {
        path: "ksm",
        reason:
          '1500001 merged pages would need 5859 MiB of their own, and the host has 5859 MiB available: stop VMs first, or use "off", which keeps what is merged',
      },
    ]);
  });

  test("the size of a page is taken from the host", () => {
    const of64K = { ...sharing(100_000), "/proc/vmstat": "nr_free_pages 62499" };
    expect(plan({ ksm: "unmerge" }, of64K).problems[0]?.reason).toContain("100000 merged pages would need 6250 MiB");
  });

  test("unmerged already, it stays so whatever is shared", () => {
    expect(plan({ ksm: "unmerge" }, { ...sharing(10 ** 9), "/sys/kernel/mm/ksm/run": "2" }).problems).toEqual([]);
  });

  test("a kernel without it is told so", () => {
    expect(planHost(parsed({ ksm: "on" }), snapshotOf({})).warnings).toEqual([
      "ksm: not applicable: the kernel was built without CONFIG_KSM",
    ]);
  });
});

describe("schedRtRuntimeMicroseconds", () => {
  test.each([0, -2, 1.5, "950000"])("%j is refused", (given) => {
    expect(problems({ schedRtRuntimeMicroseconds: given })).toEqual([
      "schedRtRuntimeMicroseconds: must be -1 (no limit) or a whole number of microseconds from 1: with 0 no real-time thread would run",
    ]);
  });

  test("more than the period is refused, the period itself is not", () => {
    expect(plan({ schedRtRuntimeMicroseconds: 1_000_000 }).problems).toEqual([]);
    expect(plan({ schedRtRuntimeMicroseconds: 1_000_001 }).problems[0]?.reason).toContain("the period, 1000000");
  });

  test("is kept by our sysctl file, and sysctl may not hold the same key", () => {
    const host = simulatedHost(files);
    host.run(planHost(parsed({ schedRtRuntimeMicroseconds: -1 }), host.snapshot()).steps);
    expect(host.snapshot().files.text("/etc/sysctl.d/zz-kvm-tuning.conf")).toMatch(/kernel.sched_rt_runtime_us *= *-1/);
    expect(problems({ schedRtRuntimeMicroseconds: -1, sysctl: { "kernel/sched_rt_runtime_us": 1 } })).toEqual([
      'sysctl.kernel/sched_rt_runtime_us: is set by schedRtRuntimeMicroseconds too: give one of sysctl["kernel/sched_rt_runtime_us"] and schedRtRuntimeMicroseconds',
    ]);
  });
});
