/* `kvm-tuning measure` with a real sh and stand-ins for perf and cyclictest, which print what the real ones do. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measureScript } from "../../../provider/inspect/measure-script";
import { parseMeasurement } from "../../../provider/inspect/measure";
import { kvmTuning } from "../../support/command";
import { localTransport } from "../../support/local-transport";

let root = "";
let bin = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kvm-tuning-measure-"));
  bin = join(root, "bin");
  const node = join(root, "sys/devices/system/node/node0");
  for (const folder of [bin, node]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(node, "numastat"), "numa_hit 10\nnuma_miss 7\n");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const standIn = (name: string, body: string) => writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });

const perf = `echo "perf $*" >> "\${0%/*}/asked"
case $1 in
stat) cat <<'END'
1200,,context-switches,2000000,100.00,600.0,/sec
0,,cpu-migrations,2000000,100.00,0.0,/sec
4000000,,cycles:u,2000000,100.00,2.0,GHz
2000000,,instructions:u,2000000,100.00,0.5,insn per cycle
<not supported>,,cache-misses,0,100.00,,
END
;;
record) : ;;
report) printf '# head\\n    42.00%%  CPU 0/KVM  [k] vmx_vcpu_run\\n' ;;
esac`;
const cyclictest = `echo "cyclictest $*" >> "\${0%/*}/asked"
echo 'T: 0 ( 1000) P:95 I:1000 C:   2000 Min:      2 Act:    4 Avg:    3 Max:      41'
echo 'T: 1 ( 1001) P:95 I:1500 C:   1333 Min:      2 Act:    4 Avg:    5 Max:      17'`;

async function measured(args: readonly string[]) {
  const transport = localTransport({ root, bin });
  const { stdout } = await transport.exec({ argv: ["sh", "-c", measureScript, "kvm-tuning", "2", ...args] });
  return parseMeasurement(stdout, 2);
}

test("perf and cyclictest, as rates, ratios and the worst of all threads", async () => {
  standIn("perf", perf);
  standIn("cyclictest", cyclictest);
  const found = await measured(["2-3,6", "4711", "profile"]);
  expect(Object.fromEntries(found.metrics.map(({ name, value }) => [name, value]))).toEqual({
    "context-switches": 600,
    "cpu-migrations": 0,
    "instructions per cycle": 0.5,
    "wake-up latency, average": 4,
    "wake-up latency, worst": 41,
    "pages of node 0 for another": 0,
  });
  expect(found.notApplicable).toEqual({ "cache-misses": expect.stringContaining("does not count it") as string });
  expect(found.profile).toEqual(["42.00%  CPU 0/KVM  [k] vmx_vcpu_run"]);
  const asked = readFileSync(join(bin, "asked"), "utf8");
  expect(asked).toContain("-p 4711 -- sleep 2");
  expect(asked).toContain("cyclictest -q -m -p 95 -i 1000 -D 2 -t 3 -a 2-3,6");
});

test("without the tools each is not applicable, with the package that has it", async () => {
  const found = await measured(["2", "4711", ""]);
  const words = Object.keys(found.notApplicable);
  // This machine may have either.
  for (const tool of words) expect(found.notApplicable[tool]).toContain("is not on the host");
  expect(found.metrics.some(({ name }) => name === "pages of node 0 for another")).toBe(true);
});

test("the command: kept, compared, with a verdict and an exit code", async () => {
  const before = join(root, "before.json");
  const kept = [{ name: "pages of node 0 for another", value: 0, unit: "", lessIsBetter: true }];
  writeFileSync(before, JSON.stringify({ metrics: kept, notApplicable: {}, profile: [] }));
  expect(await kvmTuning(["measure", "--root", root, "--seconds", "0", "--compare", before])).toMatchObject({
    code: 0,
    out: expect.stringContaining("same") as string,
  });
  const save = join(root, "now.json");
  expect(await kvmTuning(["measure", "--root", root, "--seconds", "0", "--save", save])).toMatchObject({ code: 0 });
  expect(JSON.parse(readFileSync(save, "utf8"))).toMatchObject({ metrics: kept });
  expect(await kvmTuning(["measure", "--root", root, "--cpus", "a;b"])).toMatchObject({
    code: 2,
    err: expect.stringContaining("is no list of CPUs") as string,
  });
  expect(await kvmTuning(["measure", "--root", root, "--compare", join(root, "none")])).toMatchObject({ code: 2 });
});
