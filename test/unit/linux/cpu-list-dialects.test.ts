import { CpuListError } from "../../../provider/linux/cpu-list-error";
import { CpuSet } from "../../../provider/linux/cpu-set";

describe("kernel parameters (bitmap_parselist)", () => {
  test.each([
    ["0-0", 8, "0"],
    ["", 8, ""],
    [" ,, \n", 8, ""],
    ["all", 8, "0-7"],
    ["ALL:1/2", 8, "0,2,4,6"],
    ["0, 1, all,  ", 8, "0-7"],
    ["1-N", 8, "1-7"],
    ["N", 8, "7"],
    ["N-N", 8, "7"],
    ["2-3,6-7", 8, "2-3,6-7"],
    ["2-3 6-7", 8, "2-3,6-7"],
    ["1-31:1/4", 32, "1,5,9,13,17,21,25,29"],
    ["0-31:3/4", 32, "0-2,4-6,8-10,12-14,16-18,20-22,24-26,28-30"],
    ["0-15:16/31", 32, "0-15"],
    ["1-10:8/12,8-31:24/29,0-31:0/3", 32, "1-31"],
    ["0-7:1/4294967295", 8, "0"],
    // After a region that ends its line nothing more is read; before the first one, line ends are blanks.
    ["1\n2", 8, "1"],
    ["\n2", 8, "2"],
    // The kernel looks for no separator behind a pattern.
    ["0-3:1/2all", 8, "0-7"],
  ])("reads %j of %d bits", (text, bits, expected) => {
    expect(CpuSet.parseKernel(text, bits).toString()).toBe(expected);
  });

  test.each([
    ["8", 'invalid CPU list "8": it is too large: the highest CPU number here is 7'],
    ["2-99", 'invalid CPU list "2-99": "99" is too large: the highest CPU number here is 7'],
    ["7-4", 'invalid CPU list "7-4": it runs backwards: 7 is above 4'],
    ["foo,2-3", 'invalid CPU list "foo,2-3": it is not a CPU number (character 1)'],
    ["0-a1", 'invalid CPU list "0-a1": "a1" is not a CPU number (character 3)'],
    ["0-7:1", 'invalid CPU list "0-7:1": it ends where "/" should be'],
    ["0-", 'invalid CPU list "0-": it ends where a CPU number should be'],
    ["0-7:0/0", 'invalid CPU list "0-7:0/0": it takes 0 of each 0 CPUs, which cannot be'],
    ["0-7:10/1", 'invalid CPU list "0-7:10/1": it takes 10 of each 1 CPUs, which cannot be'],
    ["99999999999", 'invalid CPU list "99999999999": it is too large'],
  ])("refuses %j on 8 CPUs and says what is wrong", (text, message) => {
    expect(() => CpuSet.parseKernel(text, 8)).toThrow(new Error(message));
  });

  test.each(["al", "-0", "0-31:", "0-7:a/1", "0--3", "1;2", "^1", "0x1", "1-N:"])("refuses %j", (text) => {
    expect(() => CpuSet.parseKernel(text, 8)).toThrow(CpuListError);
  });

  test.each([0, -1, 1.5, 16385, Number.NaN])("refuses a set of %p bits", (bits) => {
    expect(() => CpuSet.parseKernel("0", bits)).toThrow(RangeError);
  });
});

describe("libvirt (virBitmapParse)", () => {
  test.each([
    ["0-7,^0", "1-7"],
    ["0-3,^2,^3", "0-1"],
    ["^0,0-3", "0-3"],
    ["5,1,3", "1,3,5"],
    [" 1 , 2 ", "1-2"],
    ["1 - 3", "1-3"],
    ["1,", "1"],
    ["1 , ", "1"],
    ["0-3,^1 ", "0,2-3"],
    ["1-1", "1"],
    ["^9000,0", "0"],
  ])("reads %j", (text, expected) => {
    expect(CpuSet.parseLibvirt(text).toString()).toBe(expected);
  });

  test.each([
    "",
    " ",
    ",",
    ",1",
    "1,,2",
    "1,,",
    "1-",
    "-1",
    "^5",
    "0,^0",
    "^ 1,2",
    "0-7,^1-2",
    "0-3 5",
    "3-1",
    "0-N",
    "+1",
    "all",
  ])("refuses %j", (text) => {
    expect(() => CpuSet.parseLibvirt(text)).toThrow(CpuListError);
  });

  test("says that a set without a CPU is refused", () => {
    expect(() => CpuSet.parseLibvirt("0,^0")).toThrow(new Error('invalid CPU list "0,^0": it holds no CPU'));
  });
});

describe("Nova (parse_cpu_spec)", () => {
  test.each([
    ["0-3,^1-2", "0,3"],
    ["^2,1-3", "1,3"],
    [" 1 -    3        ,   ^2,        5", "1,3,5"],
    ["^ 2, 1-3", "1,3"],
    ["", ""],
    [",,1,", "1"],
    ["+1", "1"],
    ["1_0", "10"],
    [" 1,1, ^1", ""],
    ["1,^40", "1"],
  ])("reads %j", (text, expected) => {
    expect(CpuSet.parseNova(text).toString()).toBe(expected);
  });

  test.each(["3-1", "-1", "1-", "a", "1-3,^c", "^^5", "--13", "1-^2", "1 2", "^", "1__0", "0-999999999"])(
    "refuses %j",
    (text) => {
      expect(() => CpuSet.parseNova(text)).toThrow(CpuListError);
    },
  );
});

describe("masks", () => {
  test.each([
    ["0f0f", "0-3,8-11"],
    ["00000001,00000000", "32"],
    ["c00003,00000000", "32-33,54-55"],
    ["1,2", "1,32"],
    ["FF", "0-7"],
    ["00000000,00000000", ""],
    ["0", ""],
    // One long word, most significant digit first.
    ["10000000000000000", "64"],
    ["ffff00000000ffff", "0-15,48-63"],
    ["3\n", "0-1"],
    [`${"00000000,".repeat(600)}00000001`, "0"],
  ])("reads %j", (text, expected) => {
    expect(CpuSet.parseMask(text).toString()).toBe(expected);
  });

  test.each(["", "g", "0x3", "1,,2", ",1", "1,", "000000001,00000000", "f f", "-1", "f".repeat(4097)])(
    "refuses %j",
    (text) => {
      expect(() => CpuSet.parseMask(text)).toThrow(CpuListError);
    },
  );

  test.each([
    ["0-7", undefined, "ff"],
    ["", undefined, "0"],
    ["32", undefined, "1,00000000"],
    ["0-15", 64, "00000000,0000ffff"],
    ["0-7", 8, "ff"],
    ["0-1", 8, "03"],
    ["0", 48, "0000,00000001"],
    ["0", 33, "0,00000001"],
    ["63", 64, "80000000,00000000"],
  ])("prints %j in %p bits", (list, bits, expected) => {
    expect(CpuSet.parse(list).toMask(bits)).toBe(expected);
  });

  test("refuses to cut a set that does not fit", () => {
    expect(() => CpuSet.of(8).toMask(8)).toThrow(new RangeError("CPU 8 does not fit into 8 bits"));
  });
});
