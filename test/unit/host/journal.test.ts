import { entryMeta, entryName, originalValues, parseEntry, stillOurs } from "../../../provider/host/journal";

const governor = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";
const thp = "/sys/kernel/mm/transparent_hugepage/enabled";
const pool = "/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages";
const rmem = "/proc/sys/net/ipv4/tcp_rmem";
const pattern = "/proc/sys/kernel/core_pattern";
const pci = "/sys/bus/pci/devices/0000:3b:00.0/numa_node";

const valuesEntry = (original: readonly string[], wrote: readonly string[] = []) => {
  const paths = [governor, thp, pool, rmem, pattern, pci];
  const meta = entryMeta({ kind: "values", setting: "s", paths });
  return parseEntry("0001-s", { meta, original: original.join("\n"), wrote: wrote.join("\n") });
};
const fileEntry = (original: string, wrote: string) =>
  parseEntry("0002-f", { meta: entryMeta({ kind: "file", setting: "/f", paths: ["/f"] }), original, wrote });

const [shaA, shaB, shaC] = ["a".repeat(64), "b".repeat(64), "c".repeat(64)];

describe("parseEntry", () => {
  test("reads what the steps write", () => {
    const meta = '{"version":1,"kind":"file","setting":"/f","paths":["/f"]}';
    expect(parseEntry("0002-f", { meta, original: "absent\nmade /etc/x", wrote: undefined })).toEqual({
      name: "0002-f",
      kind: "file",
      setting: "/f",
      paths: ["/f"],
      original: ["absent", "made /etc/x"],
      wrote: [],
    });
  });

  test.each([
    ["no JSON", "{", "/var/lib/kvm-tuning/journal/0001-x/meta is damaged"],
    ["null", "null", "/var/lib/kvm-tuning/journal/0001-x/meta is of version undefined"],
    ["a later version", '{"version":2}', "is of version 2: use the release that wrote it, or a newer one"],
    ["an unknown kind", '{"version":1,"kind":"x","setting":"s","paths":[]}', "is damaged"],
    ["a path that is no text", '{"version":1,"kind":"file","setting":"s","paths":[1]}', "is damaged"],
  ])("refuses %s, with the file's name", (_what, meta, message) => {
    expect(() => parseEntry("0001-x", { meta, original: "", wrote: "" })).toThrow(message);
  });
});

test("entryName counts on from the last entry, whatever the order, and keeps plain characters", () => {
  const entry = valuesEntry([]);
  expect(entryName([], 0, "/etc/sysctl.d/zz.conf")).toBe("0001-_etc_sysctl.d_zz.conf");
  const existing = [{ ...entry, name: "0012-b" }, entry];
  expect(entryName(existing, 2, "hugepages.2M.node0 x/é")).toBe("0015-hugepages.2M.node0_x_");
});

test("originalValues: the chosen word in /sys, everything else as it was, nothing for a path that was absent", () => {
  const entry = valuesEntry([
    `${thp}:always [madvise] never`,
    `${rmem}:4096\t131072\t6291456`,
    `${pattern}:|/bin/save [%p] x`,
    `${pci}:-1`,
  ]);
  expect([...originalValues(entry)]).toEqual([
    [thp, "madvise"],
    [rmem, "4096\t131072\t6291456"],
    [pattern, "|/bin/save [%p] x"],
    [pci, "-1"],
  ]);
});

describe("stillOurs", () => {
  const entry = valuesEntry(
    [`${governor}:schedutil`, `${thp}:always [madvise] never`, `${pool}:10`, `${rmem}:1\t2\t3`],
    [`${governor}:performance`, `${governor}:powersave`, `${thp}:never`, `${pool}:512`],
  );
  test.each([
    ["the original", governor, "schedutil", true],
    ["something written earlier", governor, "performance", true],
    ["the last written", governor, "powersave", true],
    ["another value", governor, "ondemand", false],
    ["another path's value", governor, "never", false],
    ["no such file", governor, undefined, true],
    ["a choice as the kernel prints it", thp, "always madvise [never]", true],
    ["the original choice", thp, "always [madvise] never", true],
    ["another choice", thp, "[always] madvise never", false],
    ["tabs for spaces", rmem, "1 2 3", true],
    ["huge pages granted in part", pool, "300", true],
    ["more huge pages than were asked for", pool, "513", false],
    ["fewer huge pages than there were", pool, "9", false],
  ] as const)("%s", (...[, path, actual, expected]) => {
    expect(stillOurs(entry, path, actual)).toBe(expected);
  });

  test("a cpuset partition that was lost since is what it was asked to be, and is put back so", () => {
    const path = "/sys/fs/cgroup/machine.slice/cpuset.cpus.partition";
    const partition = valuesEntry([`${path}:isolated invalid (x)`], [`${path}:root`]);
    expect(stillOurs(partition, path, "root invalid (Cpu list in cpuset.cpus not exclusive)")).toBe(true);
    expect(stillOurs(partition, path, "member")).toBe(false);
    expect([...originalValues({ ...partition, paths: [path] })]).toEqual([[path, "isolated"]]);
  });

  const replaced = fileEntry(`file 644 0:0 ${shaA}`, `${shaB}\nlink ../x`);
  test.each([
    ["absent", true],
    [`file 644 0:0 ${shaA}`, true],
    [`file 600 0:0 ${shaA}`, true],
    [`file 644 0:0 ${shaB}`, true],
    [`file 644 0:0 ${shaC}`, false],
    ["link ../x", true],
    ["link ../y", false],
    ["other", false],
  ])("a file that stands as %s", (actual, expected) => {
    expect(stillOurs(replaced, "/f", actual)).toBe(expected);
  });

  test("a link that was there before", () => {
    const entry = fileEntry("link /dev/null", shaA);
    expect(stillOurs(entry, "/f", "link /dev/null")).toBe(true);
    expect(stillOurs(entry, "/f", "link null")).toBe(false);
  });
});
