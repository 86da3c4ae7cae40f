import { kernelArguments } from "../../../../provider/host-tuning/knobs/kernel-arguments";
import { snapshotOf } from "../../../support/snapshot";

const host = (cmdline: string) => snapshotOf({ files: { "/proc/cmdline": cmdline } });
const rows = (given: object, cmdline: string) =>
  kernelArguments.settings(kernelArguments.schema.parse(given), host(cmdline));

test("a row for each key, by name: what the kernel was given, what is wanted", () => {
  const given = { nosmt: true, mitigations: "auto", console: ["tty0", "ttyS0,115200"], quiet: null };
  const found = rows(given, "BOOT_IMAGE=/v mitigations=off console=tty0 quiet");
  expect(found.map((one) => [one.name, one.actual, one.desired])).toEqual([
    ["kernelArguments.console", "console=tty0", "console=tty0 console=ttyS0,115200"],
    ["kernelArguments.mitigations", "mitigations=off", "mitigations=auto"],
    ["kernelArguments.nosmt", "(not given)", "nosmt"],
    ["kernelArguments.quiet", "quiet", "(not given)"],
  ]);
  expect(found.map((one) => one.kernel)).toEqual([
    {
      keys: ["console"],
      arguments: [
        { key: "console", value: "tty0" },
        { key: "console", value: "ttyS0,115200" },
      ],
    },
    { keys: ["mitigations"], arguments: [{ key: "mitigations", value: "auto" }] },
    { keys: ["nosmt"], arguments: [{ key: "nosmt", value: null }] },
    { keys: ["quiet"], arguments: [] },
  ]);
  expect(found[0]?.impact).toBe("host-reboot");
});

test.each<[object, string]>([
  [{ "nohz-full": "2" }, "nohz_full=2"],
  [{ "kvm-intel.nested": "1" }, "kvm_intel.nested=1"],
  [{ dyndbg: "file x +p" }, '"dyndbg=file x +p"'],
  [{ a: "" }, "a="],
  [{ quiet: null }, "ro -- quiet"],
])("%j is there when the kernel has %s", (given, cmdline) => {
  const [row] = rows(given, cmdline);
  expect(row?.actual).toBe(row?.desired);
});

test("once too often is a difference", () => {
  const [row] = rows({ mitigations: "off" }, "mitigations=off mitigations=off");
  expect(row?.actual).toBe("mitigations=off mitigations=off");
  expect(row?.desired).toBe("mitigations=off");
});

test("values of others that we could not write can be shown", () => {
  expect(rows({ x: "1" }, 'x=a"b" quiet')[0]?.actual).toBe('x="a\\"b\\""');
});

test("refresh gives each named key as the kernel has it, in the program's shape", () => {
  const desired = kernelArguments.schema.parse({ a: "1", b: ["1"], c: true, d: "1", e: null, f: "1" });
  expect(kernelArguments.observe(desired, host("a=2 b=3 c d=1 d=2 e=5"))).toEqual({
    a: "2",
    b: ["3"],
    c: true,
    d: ["1", "2"],
    e: "5",
    f: null,
  });
  expect(kernelArguments.observe(desired, snapshotOf({}))).toEqual(desired);
});

test.each([
  [{ root: "/dev/sda1" }, "is written by the boot loader itself"],
  [{ "a b": "1" }, 'must be the name of a kernel parameter, such as "mitigations" or "kvm_intel.nested"'],
  [{ nohz_full: "1", "nohz-full": "2" }, "is the same kernel parameter as nohz_full"],
  [{ a: 'x"y' }, "cannot hold a quote or a backslash: GRUB cannot pass them to the kernel"],
  [{ a: "x\ny" }, "must be one line of printable ASCII"],
  [{ a: ["1", "'"] }, "cannot hold a quote or a backslash: GRUB cannot pass them to the kernel"],
])("the schema refuses %j", (given, message) => {
  expect(JSON.stringify(kernelArguments.schema.safeParse(given).error?.issues)).toContain(
    JSON.stringify(message).slice(1, -1),
  );
});

test.each([[{ a: [] }], [{ a: false }], [{ a: 1 }]])("the schema refuses %j, which is no argument", (given) => {
  expect(kernelArguments.schema.safeParse(given).success).toBe(false);
});
