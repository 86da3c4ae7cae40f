import fc from "fast-check";
import {
  formatKernelArgument,
  kernelValues,
  parseKernelLine,
  printKernelLine,
  removeKernelKeys,
  sameParameter,
  setKernelValues,
} from "../../../provider/linux/kernel-args";
import { isAtLeast, supportsPerNodeHugepages } from "../../../provider/linux/kernel-release";

const pairs = (line: string) => parseKernelLine(line).map(({ key, value }) => [key, value]);

describe("splits a line as the kernel does (what init received from Linux 6.1)", () => {
  test.each<[string, (string | null)[][]]>([
    ["", []],
    [
      "  quiet\t ro \n",
      [
        ["quiet", null],
        ["ro", null],
      ],
    ],
    [
      "root=UUID=1-2 a=",
      [
        ["root", "UUID=1-2"],
        ["a", ""],
      ],
    ],
    ['"zqb=a b"', [["zqb", "a b"]]],
    [
      "zqd='a b'",
      [
        ["zqd", "'a"],
        ["b'", null],
      ],
    ],
    [
      '"zqj" zqk=""',
      [
        ["zqj", null],
        ["zqk", ""],
      ],
    ],
    [
      'foo.bar="a b c" baz',
      [
        ["foo.bar", "a b c"],
        ["baz", null],
      ],
    ],
    ['zql="x"y', [["zql", 'x"y']]],
    ['"zq c=d e"', [["zq c", "d e"]]],
    ['zq"x y"=3', [['zq"x y"', "3"]]],
    ['zqf=a"b c"d', [["zqf", 'a"b c"d']]],
    ['zqh=" zqi', [["zqh", " zqi"]]],
    ["=zqe=f", [["=zqe", "f"]]],
    ["zqd==x", [["zqd", "=x"]]],
    ['a="', [["a", ""]]],
    ['"', [["", null]]],
    [
      '"a="b c"',
      [
        ["a", "b"],
        ['c"', null],
      ],
    ],
  ])("%j", (line, want) => {
    expect(pairs(line)).toEqual(want);
  });

  test("keeps every argument as it was written, and knows what is for init", () => {
    const line = parseKernelLine('quiet dyndbg="file a +p" -- nohz_full=2');
    expect(line.map((one) => one.text)).toEqual(["quiet", 'dyndbg="file a +p"', "--", "nohz_full=2"]);
    expect(line.map((one) => one.forInit)).toEqual([false, false, false, true]);
    expect(kernelValues(line, "nohz_full")).toEqual([]);
    expect(printKernelLine(line)).toBe('quiet dyndbg="file a +p" -- nohz_full=2');
  });

  test("a dash equals an underscore in names, in a module's too, and nowhere else", () => {
    expect(sameParameter("nohz-full", "nohz_full")).toBe(true);
    expect(sameParameter("kvm-intel.nested", "kvm_intel.nested")).toBe(true);
    expect(sameParameter("nohz", "nohz_full")).toBe(false);
    expect(kernelValues(parseKernelLine("nohz-full=1-2 nohz_full=3"), "nohz_full")).toEqual(["1-2", "3"]);
  });
});

describe("changes one key and nothing else", () => {
  const line = parseKernelLine(
    'BOOT_IMAGE=/v console=tty0 isolcpus=1 crashkernel=1G console=ttyS0 iso="a b" iso_x=1 isolcpus=3',
  );

  test("replaces where the first stood and drops the others", () => {
    expect(printKernelLine(setKernelValues(line, "isolcpus", ["domain,2-3"]))).toBe(
      'BOOT_IMAGE=/v console=tty0 isolcpus=domain,2-3 crashkernel=1G console=ttyS0 iso="a b" iso_x=1',
    );
  });

  test("several values of one key stand together, in their order", () => {
    expect(printKernelLine(setKernelValues(line, "console", ["ttyS0,115200", "tty1"]))).toBe(
      'BOOT_IMAGE=/v console=ttyS0,115200 console=tty1 isolcpus=1 crashkernel=1G iso="a b" iso_x=1 isolcpus=3',
    );
  });

  test("adds what is absent before --", () => {
    const given = parseKernelLine("quiet -- single");
    expect(printKernelLine(setKernelValues(given, "nosmt", [null]))).toBe("quiet nosmt -- single");
    expect(printKernelLine(setKernelValues([], "dyndbg", ["file x +p"]))).toBe('dyndbg="file x +p"');
  });

  test("removes whatever its spelling, but not from the arguments of init", () => {
    const given = parseKernelLine("nohz-full=1 quiet nohz_full -- nohz_full=2");
    expect(printKernelLine(removeKernelKeys(given, ["nohz_full"]))).toBe("quiet -- nohz_full=2");
  });

  test("for any line: the key has the wanted values, all other arguments stay in order, and a second time changes nothing", () => {
    const word = fc.constantFrom("quiet", "isolcpus=1", "a=b", 'c="d e"', "x-y=1", "x_y=2", "isolcpus", "ro", '"q r"');
    const values = fc.array(fc.constantFrom("1-2", "a b", ""), { maxLength: 3 });
    fc.assert(
      fc.property(fc.array(word), values, fc.constantFrom("isolcpus", "x_y", "new"), (words, wanted, key) => {
        const before = parseKernelLine(words.join(" "));
        const after = setKernelValues(before, key, wanted);
        const again = parseKernelLine(printKernelLine(after));
        const others = (all: typeof before) => all.filter((one) => !sameParameter(one.key, key)).map((one) => one.text);
        expect(kernelValues(again, key)).toEqual(wanted);
        expect(others(again)).toEqual(others(before));
        expect(printKernelLine(setKernelValues(again, key, wanted))).toBe(printKernelLine(after));
      }),
    );
  });
});

test.each([
  ["a b", "x", '"a b" is no name of a kernel parameter'],
  ["", "x", '"" is no name of a kernel parameter'],
  ["a", 'b"c', 'a="b\\"c": a kernel argument cannot hold a double quote'],
  ["a", "b\nc", 'a="b\\nc": a kernel argument is one line of printable ASCII'],
])("refuses %j=%j", (key, value, message) => {
  expect(() => formatKernelArgument(key, value)).toThrow(message);
});

test.each([
  ["6.1.0-56-amd64", true],
  ["5.16.0", true],
  ["5.15.0-100-generic", false],
  ["4.18.0-553.el8", false],
  ["Linux version 6.8.0-45-generic (buildd@x)", true],
  ["unknown", false],
])("per-node hugepages= in %s: %s", (release, want) => {
  expect(supportsPerNodeHugepages(release)).toBe(want);
});

test("releases compare by number", () => {
  expect(isAtLeast("5.9.1", [5, 10])).toBe(false);
  expect(isAtLeast("10.0", [5, 10])).toBe(true);
});
