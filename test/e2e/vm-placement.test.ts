/*
 * A domain placed by the real CLI on a real host: what the preview shows is what is done. Every call of virsh is
 * counted by a wrapper on the host, and the effect is read from the kernel by plain ssh.
 */
import { startClone, type TestHost } from "../host/test-host";
import { createProject, type Project, type PulumiOptions, type PulumiResult } from "./support/project";
import { planLines, showsNot, shows } from "./story/expect";
import { definition, pidOf, startPlacedDomain, virsh, writes } from "./vm-placement/domain";
import { cgroup, freePages, hugeMappings, lockedKiB, masks, policies } from "./vm-placement/kernel";
import { consent, live, program, started, tooLittle } from "./vm-placement/program";

jest.setTimeout(600_000);

let host: TestHost;
let project: Project;
let original: string;

beforeAll(async () => {
  project = await createProject({ name: "placement" });
  host = await startClone({ name: "kvm-01" });
  await startPlacedDomain(host);
  original = await definition(host);
  await project.pulumi(["config", "set", "--secret", "privateKey"], { input: host.privateKey });
});

afterAll(async () => {
  await host.stop();
  await project.remove();
});

const write = (placement: object, pages = false): Promise<void> =>
  project.write({ "index.ts": program(host, { placement, pages }) });
// The first preview has checked the types.
const env = { PULUMI_NODEJS_TRANSPILE_ONLY: "true" };
const pulumi = (args: readonly string[], options: PulumiOptions = {}): Promise<PulumiResult> =>
  project.pulumi(args, { env, ...options });
const plan = async (options: PulumiOptions = {}): Promise<Readonly<Record<string, string>>> =>
  planLines((await pulumi(["preview", "--diff"], options)).stdout);
const up = (): Promise<PulumiResult> => pulumi(["up", "--yes", "--skip-preview"]);

const pins = { "CPU 0/TCG": "2", "CPU 1/TCG": "3", "CPU 2/TCG": "6", "qemu-system-x86": "0-1,4-5" };

test("live changes: one define, one call for each line of the preview, the same process", async () => {
  await write(live);
  expect(await plan({ env: {} })).toEqual({
    "cpuBandwidth.periodMicroseconds": "(absent) → 50000  [live]",
    "cpuBandwidth.quotaMicroseconds": "(absent) → 40000  [live]",
    cpuShares: "(absent) → 2048  [live]",
    emulatorPin: "(absent) → 0-1,4-5  [live]",
    "iothreads.1": "(absent) → 4  [live]",
    "iothreads.2": "(absent) → unpinned  [live]",
    "memoryBacking.hardLimit": "(absent) → 655360 KiB  [live]",
    "numa.nodeset": "0 → 0-1  [live]",
    "vcpuPins.0": "(absent) → 2  [live]",
    "vcpuPins.1": "(absent) → 3  [live]",
    "vcpuPins.2": "(absent) → 6  [live]",
    "vcpuPins.3": "(absent) → 7  [live]",
    "vcpus.current": "2 → 3  [live]",
  });
  expect(await writes(host)).toEqual([]);
  const pid = await pidOf(host);
  await up();
  expect(await pidOf(host)).toBe(pid);
  expect(await writes(host)).toEqual([
    "define /dev/stdin",
    "vcpupin UUID 0 2 --live",
    "vcpupin UUID 1 3 --live",
    "vcpupin UUID 2 6 --live",
    "vcpupin UUID 3 7 --live",
    "emulatorpin UUID 0-1,4-5 --live",
    "iothreadadd UUID 1 --live",
    "iothreadpin UUID 1 4 --live",
    "iothreadadd UUID 2 --live",
    "schedinfo UUID --set cpu_shares=2048 --set vcpu_period=50000 --set vcpu_quota=40000 --live",
    "memtune UUID --hard-limit 655360 --live",
    "numatune UUID --nodeset 0-1 --live",
    "setvcpus UUID 3 --live",
  ]);
  expect(await masks(host)).toEqual({ ...pins, "IO iothread1": "4", "IO iothread2": "0-7" });
  expect(await cgroup(host)).toEqual({
    weight: "2048",
    "memory limit": String(640 * 1024 * 1024),
    "time of vCPU 0": "40000 50000",
    "nodes of vCPU 0": "0-1",
    "CPUs of vCPU 0": "2",
    "CPUs of the emulator": "0-1,4-5",
    "CPUs of I/O thread 1": "4",
  });
  const again = await up();
  shows(again.stdout, "2 unchanged");
  showsNot(again.stdout, "updated", "to update");
  expect(await writes(host)).toEqual([]);
});

const restarts = {
  "cpu.features.smep": "(absent) → require  [vm-restart]",
  "cpu.topology.threads": "(absent) → 2  [vm-restart]",
  "iothreadScheduler.2": "(absent) → batch  [vm-restart]",
  "memoryBacking.hugepages": "(absent) → 2M  [vm-restart]",
  "memoryBacking.locked": "(absent) → yes  [vm-restart]",
  "numa.cells.0.memory": "(absent) → 65536 KiB  [vm-restart]",
  "numa.cells.1.nodeset": "(absent) → 1  [vm-restart]",
  "numa.mode": "restrictive → strict  [vm-restart]",
  "vcpuScheduler.3": "(absent) → fifo 1  [vm-restart]",
};

test("what needs a restart is refused without consent, each setting named", async () => {
  await write(started, true);
  const { output } = await pulumi(["preview"], { expectExitCode: "failure" });
  shows(output, 'domain "db" would have to be restarted, and maxDisruption allows live');
  shows(output, ...Object.entries(restarts).map(([setting, text]) => `${setting}: ${text}`));
  expect(await writes(host)).toEqual([]);
});

test("with consent: one define, one shutdown, one start, and all of it is verified", async () => {
  await write({ ...started, ...consent }, true);
  expect(await plan()).toMatchObject({ ...restarts, "hugepages.2M.node1": "0 → 32  [live]" });
  const pid = await pidOf(host);
  await up();
  expect(await pidOf(host)).not.toBe(pid);
  expect(await writes(host)).toEqual(["define /dev/stdin", "shutdown UUID", "start UUID"]);
  const { verification } = await project.outputs();
  const verdicts = verification as readonly { readonly check: string; readonly verdict: string }[];
  expect(verdicts.filter(({ verdict }) => verdict !== "pass")).toEqual([]);
  expect(verdicts.map(({ check }) => check)).toEqual(
    expect.arrayContaining([
      "vcpuPins.3",
      "vcpuScheduler.3",
      "memory of the guest by node",
      "memory of the guest in huge pages",
      "memory of the guest that is locked",
    ]),
  );
});

test("the restarted domain's threads and memory are where the program wants them", async () => {
  expect(await masks(host)).toEqual({ ...pins, "CPU 3/TCG": "7", "IO iothread1": "4", "IO iothread2": "5" });
  expect(await policies(host)).toEqual({
    "CPU 0/TCG": "SCHED_FIFO 1",
    "CPU 1/TCG": "SCHED_FIFO 1",
    "CPU 2/TCG": "SCHED_FIFO 1",
    "CPU 3/TCG": "SCHED_FIFO 1",
    "IO iothread1": "SCHED_OTHER 0",
    "IO iothread2": "SCHED_BATCH 0",
    "qemu-system-x86": "SCHED_OTHER 0",
  });
  expect(await hugeMappings(host)).toEqual(["bind:0: N0=32", "bind:1: N1=32"]);
  expect(await lockedKiB(host)).toBeGreaterThan(128 * 1024);
  expect(await freePages(host)).toBe("0 0 ");
});

test("live drift and a stale definition are two findings, each repaired by the call that it needs", async () => {
  await host.output(`${virsh} vcpupin db 0 5 --live && ${virsh} schedinfo db --config --set cpu_shares=512`);
  const pid = await pidOf(host);
  expect(await plan()).toEqual({
    "cpuShares (config)": "512 → 2048  [none]",
    "vcpuPins.0": "5 → 2  [live]",
  });
  await up();
  expect(await writes(host)).toEqual(["define /dev/stdin", "vcpupin UUID 0 2 --live"]);
  expect(await pidOf(host)).toBe(pid);
  expect(await masks(host)).toMatchObject(pins);
});

test("a start that fails brings the old definition back, and the domain runs again", async () => {
  const before = await definition(host);
  await write({ ...tooLittle, ...consent }, true);
  const { output } = await pulumi(["up", "--yes", "--skip-preview"], { expectExitCode: "failure" });
  shows(
    output,
    'domain "db" could not be started with the new definition. The old one is back and the domain runs again.',
    "mlockall: Cannot allocate memory",
  );
  expect(await writes(host)).toEqual([
    "define /dev/stdin",
    "shutdown UUID",
    "start UUID",
    "define /dev/stdin",
    "start UUID",
  ]);
  expect(await definition(host)).toBe(before);
  expect(await masks(host)).toMatchObject(pins);
  await write({ ...started, ...consent }, true);
  await up();
  expect(await writes(host)).toEqual([]);
});

test("destroy brings back the definition byte for byte, the pages and the record's place", async () => {
  await pulumi(["destroy", "--yes", "--skip-preview"]);
  expect(await writes(host)).toEqual(["define /dev/stdin", "shutdown UUID", "start UUID"]);
  expect(await definition(host)).toBe(original);
  expect(await masks(host)).toEqual({ "CPU 0/TCG": "0-7", "CPU 1/TCG": "0-7", "qemu-system-x86": "0-7" });
  expect(await host.output("ls -d /var/lib/kvm-tuning 2>/dev/null || true")).toBe("");
  expect(await freePages(host)).toBe("0 0 ");
});
