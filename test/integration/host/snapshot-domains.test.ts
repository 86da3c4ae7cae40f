import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { readSnapshot } from "../../../provider/host/read-snapshot";
import { fixtureRoot, smallHost, type Fixture, type FixtureRoot } from "../../support/fixture-root";
import { shells } from "../../support/fixture-root/shells";
import { localTransport } from "../../support/local-transport";

const request = { sysctlKeys: [], domains: true };
const uuid = "11111111-2222-4333-8444-555555555555";
const secret = "CANARY-vnc-password";

/**
 * Answers as virsh does where one domain runs; `kvm` has no capabilities, as on a host without /dev/kvm. $lists: the
 * list that fails, or `all` for no daemon.
 */
const virsh = (broken = ""): string => `#!/bin/sh
printf '%s\\n' "$3" >> "$LOG"
printf '%s\\n' "$3" | tr ';' '\\n' | {
  code=0
  while read -r verb words; do
    code=0
    case "$verb $words" in
    ' ') ;;
    *"${broken || "nothing"}"*) echo "error: this is not supported: all running" >&2; code=1 ;;
    echo*) eval "echo $words" ;;
    *--state-paused | *--state-shutoff | *--with-managed-save | *--autostart) echo ;;
    list*) echo ${uuid}; echo ;;
    'domcapabilities --virttype kvm') echo 'error: invalid argument: KVM is not supported' >&2; code=1 ;;
    domcapabilities*) printf '<domainCapabilities>\\n</domainCapabilities>\\n\\n' ;;
    dumpxml*) printf "<domain type='qemu'>\\n  <name>a:b</name>\\n</domain>\\n\\n" ;;
    *) echo "error: unknown command: '$verb'" >&2; code=1 ;;
    esac
  done
  exit $code
}
`;

const scope = "/sys/fs/cgroup/machine.slice/machine-qemu\\x2d1\\x2da.scope";
const stat = (tid: number, name: string, rest: string): string =>
  `${tid} (${name}) S 1 ${"0 ".repeat(35)}${rest} 0 0 0 0 0 0 0 0 0 0 0\n`;
const running: Fixture = {
  "/run/libvirt/qemu/a:b.pid": "4000\n",
  "/run/libvirt/qemu/a:b.xml":
    `<domstatus state='running'>\n  <monitor path='/x' type='unix'/>\n  <numad nodeset='1' cpuset='4-7'/>\n` +
    `  <domain type='qemu'>\n    <graphics type='vnc' passwd='${secret}'/>\n` +
    `    <metadata><numad nodeset='${secret}'/></metadata>\n  </domain>\n</domstatus>\n`,
  "/run/libvirt/qemu/off.pid": "x\n",
  "/proc/4000/cgroup": "0::/machine.slice/machine-qemu\\x2d1\\x2da.scope/libvirt/emulator\n",
  "/proc/4000/task/4000/status": "Name:\tqemu-system-x86\nState:\tS\nCpus_allowed_list:\t0-1\n",
  "/proc/4000/task/4000/stat": stat(4000, "qemu-system-x86", "0 0"),
  "/proc/4000/task/4010/status": "Name:\tCPU 0/KVM\nCpus_allowed_list:\t2\n",
  "/proc/4000/task/4010/stat": stat(4010, "CPU 0/KVM", "5 1"),
  "/proc/4000/task/4011/status": "Name:\to) R (dd) S 1\nCpus_allowed_list:\t3\n",
  "/proc/4000/task/4011/stat": stat(4011, "o) R (dd) S 1", "0 3"),
  [`${scope}/cpu.weight`]: "200\n",
  [`${scope}/cpuset.cpus`]: "\n",
  [`${scope}/memory.numa_stat`]: "anon N0=8192 N1=4096\nfile N0=1024 N1=0\nshmem N0=1024 N1=0\n",
  [`${scope}/libvirt/cpuset.mems`]: "1\n",
  [`${scope}/libvirt/cpu.weight`]: "100\n",
  [`${scope}/libvirt/emulator/cpuset.cpus`]: "0-1\n",
  [`${scope}/libvirt/vcpu0/cpuset.cpus`]: "2\n",
  [`${scope}/libvirt/vcpu0/cpuset.mems`]: "1\n",
};

let fixture: FixtureRoot;
let bin: string;
beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), "virsh-"));
});
afterEach(() => {
  fixture.remove();
  rmSync(bin, { recursive: true });
});

function command(name: string, text: string): void {
  writeFileSync(join(bin, name), text);
  chmodSync(join(bin, name), 0o755);
}

describe.each(shells)("domains in %s", (_name, shell) => {
  const read = async (files: Fixture, text = virsh()) => {
    fixture = fixtureRoot({ ...smallHost, ...files });
    command("virsh", text);
    const transport = localTransport({ root: fixture.root, shell, bin, env: { LOG: join(bin, "log") } });
    let printed = "";
    const watched = {
      ...transport,
      exec: async (asked: Parameters<typeof transport.exec>[0]) => {
        const result = await transport.exec(asked);
        printed = result.stdout + result.stderr;
        return result;
      },
    };
    const { libvirt } = await readSnapshot(watched, request);
    return { libvirt, printed, calls: readFileSync(join(bin, "log"), "utf8").trim().split("\n") };
  };

  test("are read with the kernel's view of their threads, cgroups and memory, and with numad's advice", async () => {
    const { libvirt, calls } = await read(running);
    const xml = "<domain type='qemu'>\n  <name>a:b</name>\n</domain>";
    expect(libvirt).toEqual({
      domains: [
        {
          uuid,
          name: "a:b",
          state: "running",
          persistent: true,
          autostart: false,
          managedSave: false,
          snapshots: true,
          live: xml,
          inactive: xml,
          numad: { nodeset: "1", cpus: "4-7" },
          process: {
            pid: 4000,
            threads: [
              { tid: 4000, name: "qemu-system-x86", cpus: "0-1", policy: "other" },
              { tid: 4010, name: "CPU 0/KVM", cpus: "2", policy: "fifo", priority: 5 },
              { tid: 4011, name: "o) R (dd) S 1", cpus: "3", policy: "batch" },
            ],
            cgroups: new Map([
              ["", { mems: "1", weight: 200 }],
              ["emulator", { cpus: "0-1" }],
              ["vcpu0", { cpus: "2", mems: "1" }],
            ]),
            memoryByNodeKiB: new Map([
              [0, 9],
              [1, 4],
            ]),
          },
        },
      ],
      records: new Map(),
      capabilities: new Map([["qemu", "<domainCapabilities>\n</domainCapabilities>"]]),
    });
    expect(calls).toHaveLength(2);
  });

  test("are read without anything of a status file but numad's line: it holds passwords", async () => {
    const { printed } = await read(running);
    expect(printed).toContain("numad nodeset='1'");
    expect(printed).not.toContain("CANARY");
    expect(printed).not.toContain("monitor");
  });

  test("of cgroup v1 are read with the lists of its cpuset controller", async () => {
    const path = "/machine.slice/machine-qemu\\x2d1\\x2da.scope";
    const { libvirt } = await read({
      "/run/libvirt/qemu/a:b.pid": "4000",
      "/proc/4000/cgroup": `9:memory:${path}\n4:cpuset:${path}/emulator\n0::/system.slice/libvirtd.service\n`,
      [`/sys/fs/cgroup/cpuset${path}/cpuset.mems`]: "0-1\n",
      [`/sys/fs/cgroup/cpuset${path}/emulator/cpuset.cpus`]: "1\n",
      [`/sys/fs/cgroup/cpuset${path}/vcpu0/cpuset.cpus`]: "3\n",
    });
    expect(libvirt?.domains[0]?.process).toEqual({
      pid: 4000,
      threads: [],
      cgroups: new Map([
        ["", { mems: "0-1" }],
        ["emulator", { cpus: "1" }],
        ["vcpu0", { cpus: "3" }],
      ]),
    });
  });

  test("are read where nothing of the kernel is there", async () => {
    const { libvirt } = await read({});
    expect(libvirt?.unavailable).toBeUndefined();
    expect(libvirt?.domains.map(({ name, process, numad }) => [name, process, numad])).toEqual([
      ["a:b", undefined, undefined],
    ]);
  });

  test("are read although libvirt cannot list snapshots", async () => {
    const { libvirt } = await read(running, virsh("--with-snapshot"));
    expect(libvirt?.domains.map(({ name, snapshots }) => [name, snapshots])).toEqual([["a:b", false]]);
  });

  test("are not asked for where no daemon answers", async () => {
    const { libvirt, calls } = await read(running, virsh("list"));
    expect(libvirt?.unavailable).toBe("this is not supported: all running");
    expect(libvirt?.domains).toEqual([]);
    expect(calls).toHaveLength(1);
  });
});

test("take ten processes more, however many domains there are", async () => {
  fixture = fixtureRoot({ ...smallHost, ...running, "/run/libvirt/qemu/c.pid": "4001\n", "/proc/4001/cgroup": "x\n" });
  const log = join(bin, "log");
  const count = async (domains: boolean): Promise<number> => {
    writeFileSync(log, "");
    const env = { LOG: join(bin, "calls") };
    await readSnapshot(localTransport({ root: fixture.root, bin, env }), { sysctlKeys: [], domains });
    return readFileSync(log, "utf8").split("\n").length - 1;
  };
  command("real-virsh", virsh());
  for (const name of ["xargs", "grep", "ls", "stat", "systemctl", "cat", "sed", "awk", "virsh"]) {
    const real = spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).stdout.trim();
    const run = name === "virsh" ? join(bin, "real-virsh") : real || "true";
    command(name, `#!/bin/sh\necho ${name} >> ${log}\nexec ${run} "$@"\n`);
  }
  const without = await count(false);
  expect((await count(true)) - without).toBe(10);
});

test.each([
  ["/run/libvirtd.pid", true],
  ["/run/virtqemud.pid", true],
  ["/run/libvirt/virtlogd.pid", false],
])("only if libvirt is awake: with %s that is %s", async (pid, awake) => {
  const asleep = fixtureRoot({ ...smallHost, [pid]: "4000\n" });
  const transport = localTransport({ root: asleep.root });
  const { libvirt } = await readSnapshot(transport, { sysctlKeys: [], domains: "awake" });
  expect(libvirt !== undefined).toBe(awake);
  asleep.remove();
});
