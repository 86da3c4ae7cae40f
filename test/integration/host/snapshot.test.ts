import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { entryMeta } from "../../../provider/host/journal";
import { readSnapshot } from "../../../provider/host/read-snapshot";
import { parseSnapshot } from "../../../provider/host/snapshot-parse";
import { snapshotScript, snapshotUnits } from "../../../provider/host/snapshot-script";
import { bootId, fixtureRoot, machineId, smallHost, type Fixture, type FixtureRoot } from "../../support/fixture-root";
import { applySteps } from "../../support/fixture-root/apply";
import { shells } from "../../support/fixture-root/shells";
import { localTransport } from "../../support/local-transport";

const cpuFolder = "/sys/devices/system/cpu";
const request = { sysctlKeys: ["vm.swappiness"] };
let fixture: FixtureRoot;
afterEach(() => fixture.remove());

describe.each(shells)("a snapshot in %s", (_name, shell) => {
  const read = (more: Fixture) => {
    fixture = fixtureRoot({ ...smallHost, ...more });
    return readSnapshot(localTransport({ root: fixture.root, shell }), request);
  };

  test("names the host and reads the asked sysctl", async () => {
    const snapshot = await read({});
    expect([snapshot.machineId, snapshot.bootId, snapshot.hostname]).toEqual([machineId, bootId, "kvm-01"]);
    expect(snapshot.files.text("/proc/sys/vm/swappiness")).toBe("60");
    expect(snapshot.files.text("/proc/sys/kernel/numa_balancing")).toBe("1");
    expect(snapshot.request).toEqual(request);
    expect(snapshot.owner).toBeUndefined();
    expect(snapshot.journal).toEqual([]);
  });

  test("keeps contents that are odd: no newline at the end, CRLF, empty, colons, what looks like a frame", async () => {
    const files = {
      "/etc/sysctl.d/no newline.conf": "a=1",
      "/etc/sysctl.d/crlf.conf": "a=1\r\nb=2\r\n",
      "/etc/sysctl.d/empty.conf": "",
      "/etc/sysctl.d/blank.conf": "\n",
      "/etc/sysctl.d/a:b:c.conf": "x:y\n:z\n",
      "/etc/sysctl.d/spoof.conf": "@0 done\n@units\netc/machine-id:ffff\n",
      "/etc/sysctl.d/bytes.conf": "ü\n\u0001\n",
      '/etc/sysctl.d/quote\'s "$(touch x)" \\.conf': "q\n",
    };
    const snapshot = await read(files);
    const seen = Object.fromEntries(
      snapshot.files.paths("/etc/sysctl.d/").map((path) => [path, snapshot.files.text(path)]),
    );
    expect(seen).toEqual({
      "/etc/sysctl.d/no newline.conf": "a=1",
      "/etc/sysctl.d/crlf.conf": "a=1\r\nb=2\r",
      "/etc/sysctl.d/empty.conf": "",
      "/etc/sysctl.d/blank.conf": "",
      "/etc/sysctl.d/a:b:c.conf": "x:y\n:z",
      "/etc/sysctl.d/spoof.conf": "@0 done\n@units\netc/machine-id:ffff",
      "/etc/sysctl.d/bytes.conf": "ü\n\u0001",
      '/etc/sysctl.d/quote\'s "$(touch x)" \\.conf': "q",
    });
    expect(snapshot.machineId).toBe(machineId);
  });

  test("sees links: to /dev/null as a file without lines, to another file with its text, our unit's in *.wants", async () => {
    const snapshot = await read({
      "/etc/sysctl.conf": "c=3\n",
      "/etc/sysctl.d/99-sysctl.conf": { link: "../sysctl.conf" },
      "/etc/sysctl.d/masked.conf": { link: "/dev/null" },
      "/etc/sysctl.d/dangling -> x.conf": { link: "no where" },
      "/etc/systemd/system/kvm-tuning.service": "[Unit]\n",
      "/etc/systemd/system/multi-user.target.wants/kvm-tuning.service": {
        link: "/etc/systemd/system/kvm-tuning.service",
      },
    });
    expect(snapshot.files.text("/etc/sysctl.d/99-sysctl.conf")).toBe("c=3");
    expect(snapshot.files.text("/etc/sysctl.d/masked.conf")).toBe("");
    expect(snapshot.files.text("/etc/sysctl.d/dangling -> x.conf")).toBeUndefined();
    expect(snapshot.files.text("/etc/systemd/system/kvm-tuning.service")).toBe("[Unit]");
    expect([...snapshot.links]).toEqual([
      ["/etc/sysctl.d/99-sysctl.conf", "../sysctl.conf"],
      ["/etc/sysctl.d/dangling -> x.conf", "no where"],
      ["/etc/sysctl.d/masked.conf", "/dev/null"],
      ["/etc/systemd/system/multi-user.target.wants/kvm-tuning.service", "/etc/systemd/system/kvm-tuning.service"],
    ]);
  });

  test("reads PCI devices, whose paths hold colons", async () => {
    const snapshot = await read({
      "/sys/bus/pci/devices/0000:3b:00.0/numa_node": "1\n",
      "/sys/bus/pci/devices/0000:3b:00.0/class": "0x020000\n",
    });
    expect(snapshot.files.text("/sys/bus/pci/devices/0000:3b:00.0/numa_node")).toBe("1");
    expect(snapshot.files.text("/sys/bus/pci/devices/0000:3b:00.0/class")).toBe("0x020000");
  });

  test("takes of meminfo only what a host is sized by", async () => {
    const snapshot = await read({
      "/proc/meminfo": "MemTotal:  100 kB\nMemFree:  50 kB\nHugepagesize:  2048 kB\n",
      "/sys/devices/system/node/node0/meminfo":
        "Node 0 MemTotal:  100 kB\nNode 0 MemFree:  50 kB\nNode 0 Dirty:  1 kB\n",
    });
    expect(snapshot.files.text("/proc/meminfo")).toBe("MemTotal:  100 kB\nMemFree:  50 kB\nHugepagesize:  2048 kB");
    expect(snapshot.files.text("/sys/devices/system/node/node0/meminfo")).toBe(
      "Node 0 MemTotal:  100 kB\nNode 0 MemFree:  50 kB",
    );
  });

  test("takes of systemd's configuration and of PID 1 only the CPUs", async () => {
    const snapshot = await read({
      "/etc/systemd/system.conf.d/site.conf": "[Manager]\nDefaultEnvironment=TOKEN=secret\n CPUAffinity = 2-3\n",
      "/proc/1/status": "Name:\tsystemd\nCpus_allowed:\tff\nCpus_allowed_list:\t0-7\n",
      "/proc/vmstat": "nr_free_pages 12\nnr_zone_inactive_anon 1\n",
      "/proc/irq/24/smp_affinity_list": "0-7\n",
      "/proc/irq/24/effective_affinity_list": "3\n",
    });
    expect(snapshot.files.text("/etc/systemd/system.conf.d/site.conf")).toBe(" CPUAffinity = 2-3");
    expect(snapshot.files.text("/proc/1/status")).toBe("Cpus_allowed_list:\t0-7");
    expect(snapshot.files.text("/proc/vmstat")).toBe("nr_free_pages 12");
    expect(snapshot.files.text("/proc/irq/24/effective_affinity_list")).toBe("3");
  });

  test("reads the limits of real-time threads once, also where they are asked for", async () => {
    fixture = fixtureRoot({
      ...smallHost,
      "/proc/sys/kernel/sched_rt_runtime_us": "950000\n",
      "/proc/sys/kernel/sched_rt_period_us": "1000000\n",
    });
    const snapshot = await readSnapshot(localTransport({ root: fixture.root, shell }), {
      sysctlKeys: ["kernel.sched_rt_runtime_us"],
    });
    expect(snapshot.files.text("/proc/sys/kernel/sched_rt_runtime_us")).toBe("950000");
    expect(snapshot.files.text("/proc/sys/kernel/sched_rt_period_us")).toBe("1000000");
  });

  test("takes of the mounts those of huge pages alone", async () => {
    const mounts = [
      "//nas/x /mnt/x cifs rw,username=u,password=CANARY 0 0",
      "hugetlbfs /dev/hugepages hugetlbfs rw,relatime,pagesize=2M 0 0",
      "hugetlbfs /mnt/hugetlbfs tmpfs rw 0 0",
    ];
    const snapshot = await read({ "/proc/mounts": `${mounts.join("\n")}\n` });
    expect(snapshot.files.text("/proc/mounts")).toBe("hugetlbfs /dev/hugepages hugetlbfs rw,relatime,pagesize=2M 0 0");
  });

  test("reads who has which CPUs by cpusets: the slices beside each other, whatever their names", async () => {
    const slice = "/sys/fs/cgroup/machine.slice";
    const snapshot = await read({
      "/sys/fs/cgroup/cgroup.controllers": "cpuset cpu memory\n",
      [`${slice}/cpuset.cpus`]: "2-3\n",
      [`${slice}/cpuset.cpus.effective`]: "2-3\n",
      [`${slice}/cpuset.cpus.partition`]: "root invalid (Cpu list in cpuset.cpus not exclusive)\n",
      [`${slice}/a.scope/cpuset.cpus`]: "2\n",
      "/sys/fs/cgroup/a:b c.mount/cpuset.cpus": "\n",
      "/sys/fs/cgroup/system.slice/cpuset.cpus": "0-3\n",
    });
    const found = snapshot.files.paths("/sys/fs/cgroup/").map((path) => [path, snapshot.files.text(path)]);
    expect(found).toEqual([
      ["/sys/fs/cgroup/a:b c.mount/cpuset.cpus", ""],
      ["/sys/fs/cgroup/cgroup.controllers", "cpuset cpu memory"],
      [`${slice}/cpuset.cpus`, "2-3"],
      [`${slice}/cpuset.cpus.effective`, "2-3"],
      [`${slice}/cpuset.cpus.partition`, "root invalid (Cpu list in cpuset.cpus not exclusive)"],
      ["/sys/fs/cgroup/system.slice/cpuset.cpus", "0-3"],
    ]);
  });

  test("tells what is there of cgroup v1, resctrl and numad, without reading it", async () => {
    const snapshot = await read({
      "/sys/fs/cgroup/cpu,cpuacct/cpu.rt_runtime_us": "950000\n",
      "/sys/fs/cgroup/cpu,cpuacct/cpu.shares": "1024\n",
      "/sys/fs/resctrl/info/": "",
      "/usr/bin/numad": "binary",
      "/etc/default/grub": "A=1\n",
    });
    expect(
      ["/sys/fs/", "/usr/"].flatMap((folder) => snapshot.files.paths(folder)).map((path) => snapshot.files.text(path)),
    ).toEqual(["", "", "", ""]);
    expect(snapshot.files.paths("/sys/fs/")).toEqual([
      "/sys/fs/cgroup/cpu,cpuacct/cpu.rt_runtime_us",
      "/sys/fs/cgroup/cpu,cpuacct/cpu.shares",
      "/sys/fs/resctrl/info",
    ]);
  });

  test("reads the journal that the steps wrote, what stands at its targets, and the owner", async () => {
    fixture = fixtureRoot({ ...smallHost, "/etc/theirs": { content: "theirs\n", mode: 0o600 } });
    const transport = localTransport({ root: fixture.root, shell });
    const link = "/etc/systemd/system/a.target.wants/x y.service";
    await applySteps(transport, [
      { kind: "writeFile", entry: "0001-f", setting: "f", path: "/etc/theirs", content: "ours\n", mode: "0640" },
      { kind: "writeLink", entry: "0002-l", setting: "l", path: link, to: "../x -> y" },
      { kind: "writeFile", entry: "0003-g", setting: "g", path: "/etc/gone", content: "", mode: "0644" },
      { kind: "run", setting: "g", argv: ["rm", fixture.path("/etc/gone")] },
      {
        kind: "writeValues",
        entry: "0004-v",
        setting: "v",
        values: [{ path: "/proc/sys/vm/swappiness", value: "10" }],
      },
    ]);
    fixture.write({
      "/var/lib/kvm-tuning/owner.json": '{"urn":"urn:pulumi:a"}\n',
      "/var/lib/kvm-tuning/journal/.new/meta": "{",
    });
    const snapshot = await readSnapshot(transport, request);
    const mine = `${String(process.getuid?.())}:${String(process.getgid?.())}`;
    expect(snapshot.owner).toEqual({ urn: "urn:pulumi:a" });
    expect(snapshot.journal.map(({ name, kind, paths, wrote }) => ({ name, kind, paths, wrote }))).toEqual([
      { name: "0001-f", kind: "file", paths: ["/etc/theirs"], wrote: [sha256("ours\n")] },
      { name: "0002-l", kind: "file", paths: [link], wrote: ["link ../x -> y"] },
      { name: "0003-g", kind: "file", paths: ["/etc/gone"], wrote: [sha256("")] },
      { name: "0004-v", kind: "values", paths: ["/proc/sys/vm/swappiness"], wrote: ["/proc/sys/vm/swappiness:10"] },
    ]);
    expect(snapshot.journal.map(({ original }) => original)).toEqual([
      [`file 600 ${mine} ${sha256("theirs\n")}`],
      ["absent", "made /etc/systemd/system/a.target.wants"],
      ["absent"],
      ["/proc/sys/vm/swappiness:60"],
    ]);
    expect(Object.fromEntries(snapshot.journalledFiles)).toEqual({
      "/etc/theirs": `file 640 ${mine} ${sha256("ours\n")}`,
      [link]: "link ../x -> y",
      "/etc/gone": "absent",
    });
    expect(snapshot.files.paths("/var/lib")).toEqual([]);
  });

  test("maps unit states by the asked names, also of an alias", async () => {
    const bin = mkdtempSync(join(tmpdir(), "bin-"));
    const states = snapshotUnits.map((unit, index) =>
      unit === "power-profiles-daemon.service"
        ? "Id=tuned-ppd.service\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\n"
        : `Id=unit${String(index)}\nLoadState=not-found\nActiveState=inactive\nUnitFileState=\n`,
    );
    writeFileSync(join(bin, "systemctl"), `#!/bin/sh\ncat <<'END'\n${states.join("\n")}END\n`);
    chmodSync(join(bin, "systemctl"), 0o755);
    fixture = fixtureRoot();
    const snapshot = await readSnapshot(localTransport({ root: fixture.root, shell, bin }), request);
    rmSync(bin, { recursive: true });
    expect(snapshot.units.size).toBe(snapshotUnits.length);
    expect(snapshot.units.get("tuned.service")).toEqual({
      loadState: "not-found",
      activeState: "inactive",
      unitFileState: "",
    });
    expect(snapshot.units.get("power-profiles-daemon.service")).toEqual({
      loadState: "loaded",
      activeState: "active",
      unitFileState: "enabled",
    });
  });

  test("reads a machine of 512 CPUs whole", async () => {
    const cpus = Array.from({ length: 512 }, (_unused, cpu): [string, string][] => [
      [`${cpuFolder}/cpu${cpu}/topology/core_id`, `${cpu >> 1}\n`],
      [`${cpuFolder}/cpu${cpu}/topology/thread_siblings`, `${"00000000,".repeat(15)}00000003\n`],
      [`${cpuFolder}/cpu${cpu}/cpufreq/scaling_governor`, "schedutil\n"],
      ...[0, 1, 2, 3].map((index): [string, string] => [
        `${cpuFolder}/cpu${cpu}/cache/index${index}/shared_cpu_map`,
        `${"00000000,".repeat(15)}00000003\n`,
      ]),
    ]);
    const files = Object.fromEntries(cpus.flat());
    const snapshot = await read(files);
    expect(snapshot.files.paths(`${cpuFolder}/cpu`)).toHaveLength(512 * 7);
    expect(snapshot.files.text(`${cpuFolder}/cpu511/topology/core_id`)).toBe("255");
  }, 30_000);

  test("refuses a host without a machine-id, and says how to get one", async () => {
    await expect(read({ "/etc/machine-id": "" })).rejects.toThrow(
      "root@fixture:22: the host has no machine-id: /etc/machine-id must hold 32 hexadecimal digits. Run `systemd-machine-id-setup`",
    );
  });
});

function sha256(text: string): string {
  return execFileSync("sha256sum", { input: text, encoding: "utf8" }).slice(0, 64);
}

test("a tree recorded from another machine, with nothing but CPUs, is read as far as it goes", () => {
  fixture = fixtureRoot({ [`${cpuFolder}/online`]: "0-3\n" });
  const env = { ...process.env, KVM_TUNING_ROOT: fixture.root };
  const result = spawnSync("sh", ["-c", snapshotScript, "kvm-tuning", "abc"], { env, encoding: "utf8" });
  const snapshot = parseSnapshot(result.stdout, { nonce: "abc", request: { sysctlKeys: [] }, readAt: 0 });
  expect([snapshot.machineId, snapshot.bootId, snapshot.hostname]).toEqual(["", "", ""]);
  expect(snapshot.files.paths("/")).toEqual([`${cpuFolder}/online`]);
});

test("login noise before, within one line, and after the answer does no harm; a cut answer is an error", async () => {
  fixture = fixtureRoot();
  const quiet = localTransport({ root: fixture.root });
  const around = (change: (stdout: string) => string) => ({
    ...quiet,
    exec: async (asked: Parameters<typeof quiet.exec>[0]) => {
      const result = await quiet.exec(asked);
      return { ...result, stdout: change(result.stdout) };
    },
  });
  const noisy = around((stdout) => `Welcome\n@0123 kernel\netc/machine-id:f\nno newline${stdout}bye\n`);
  expect((await readSnapshot(noisy, request)).machineId).toBe(machineId);
  await expect(
    readSnapshot(
      around((stdout) => stdout.slice(0, -40)),
      request,
    ),
  ).rejects.toThrow(
    /^root@fixture:22: cannot read the host: the host's answer was cut off in section "units" after \d+ characters; run again/,
  );
  await expect(
    readSnapshot(
      around(() => "This account is disabled.\n"),
      request,
    ),
  ).rejects.toThrow('the host\'s answer does not hold the snapshot (it starts with "This account is disabled.")');
});

test("takes no more than fifteen processes, also with a journal", async () => {
  fixture = fixtureRoot();
  const meta = entryMeta({ kind: "file", setting: "/etc/hostname", paths: ["/etc/hostname"] });
  const entry = "/var/lib/kvm-tuning/journal/0001-a";
  fixture.write({ [`${entry}/meta`]: meta, [`${entry}/target`]: "/etc/hostname\n", [`${entry}/original`]: "absent\n" });
  const bin = mkdtempSync(join(tmpdir(), "count-"));
  const log = join(bin, "log");
  for (const name of ["xargs", "grep", "ls", "stat", "sha256sum", "systemctl", "cat", "sed", "find"]) {
    const real = spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).stdout.trim();
    writeFileSync(join(bin, name), `#!/bin/sh\necho ${name} >> ${log}\nexec ${real || "true"} "$@"\n`, { mode: 0o755 });
  }
  const counted = localTransport({ root: fixture.root, bin });
  expect((await readSnapshot(counted, request)).journal).toHaveLength(1);
  const started = readFileSync(log, "utf8").trim().split("\n").sort();
  rmSync(bin, { recursive: true });
  expect(started).toEqual([
    "cat",
    "grep",
    "grep",
    "grep",
    "ls",
    "sha256sum",
    "stat",
    "systemctl",
    "xargs",
    "xargs",
    "xargs",
    "xargs",
    "xargs",
  ]);
});
