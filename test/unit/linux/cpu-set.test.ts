import fc from "fast-check";

import { CpuListError } from "../../../provider/linux/cpu-list-error";
import { CpuSet } from "../../../provider/linux/cpu-set";

const cpus = fc.uniqueArray(fc.nat({ max: 300 }), { maxLength: 60 });
const ascending = (numbers: Iterable<number>) => [...new Set(numbers)].sort((left, right) => left - right);

function refusal(parse: () => unknown): CpuListError {
  try {
    parse();
  } catch (error) {
    if (error instanceof CpuListError) return error;
    throw error;
  }
  throw new Error("was not refused");
}

describe("list format of cpuset(7)", () => {
  test.each([
    ["", []],
    ["5", [5]],
    ["0-3,8", [0, 1, 2, 3, 8]],
    ["5,4,3", [3, 4, 5]],
    ["3-6,1-5", [1, 2, 3, 4, 5, 6]],
    ["3-3", [3]],
    ["31-33", [31, 32, 33]],
    ["007", [7]],
    ["16383", [16383]],
  ])("reads %j", (text, expected) => {
    expect([...CpuSet.parse(text)]).toEqual(expected);
  });

  test.each([
    ["0-3,x", 'invalid CPU list "0-3,x": "x" is not a CPU number or a range of them. Write for example "0-3,8"'],
    ["a", 'invalid CPU list "a": it is not a CPU number or a range of them. Write for example "0-3,8"'],
    [
      "0,,3",
      'invalid CPU list "0,,3": an empty part is not a CPU number or a range of them. Write for example "0-3,8"',
    ],
    ["0,7-4", 'invalid CPU list "0,7-4": "7-4" runs backwards: 7 is above 4'],
    ["0-16384", 'invalid CPU list "0-16384": "16384" is too large: the highest CPU number here is 16383'],
  ])("refuses %j and says what is wrong", (text, message) => {
    expect(refusal(() => CpuSet.parse(text)).message).toBe(message);
  });

  test.each([
    ",3",
    "3,",
    "1-",
    "-1",
    "1--2",
    "--1",
    "+1",
    "0x3",
    " 1",
    "1 ",
    "1 - 2",
    "0-3:1/2",
    "all",
    "^1",
    "1-2-3",
    "1,2\n",
  ])("refuses %j", (text) => {
    expect(() => CpuSet.parse(text)).toThrow(CpuListError);
  });

  test("refuses an absurd range at once, without building it", () => {
    const start = performance.now();
    expect(refusal(() => CpuSet.parse("0-999999999")).part).toBe("999999999");
    expect(refusal(() => CpuSet.parse("0-99999999999999999999999")).part).toBe("99999999999999999999999");
    expect(performance.now() - start).toBeLessThan(100);
  });

  test("cuts a huge wrong text in the message", () => {
    expect(refusal(() => CpuSet.parse("x".repeat(1_000_000))).message.length).toBeLessThan(400);
  });
});

describe("values", () => {
  test("prints runs of neighbours as ranges", () => {
    expect(CpuSet.of(8, 1, 2, 3, 5, 6).toString()).toBe("1-3,5-6,8");
    expect(CpuSet.of(62, 63, 64, 0).toString()).toBe("0,62-64");
    expect(CpuSet.empty.toString()).toBe("");
    expect(JSON.stringify({ cpus: CpuSet.range(2, 15) })).toBe('{"cpus":"2-15"}');
  });

  test("compares by members, however they were written", () => {
    expect(CpuSet.parse("0-3").equals(CpuSet.parse("3,2,1,0"))).toBe(true);
    expect(CpuSet.parse("0-3").equals(CpuSet.parse("0-4"))).toBe(false);
    expect(CpuSet.of(1, 64).minus(CpuSet.of(64)).equals(CpuSet.of(1))).toBe(true);
  });

  test("knows size, first, last and members", () => {
    const set = CpuSet.parse("3,31-32,8191");
    expect([set.size, set.first, set.last, set.isEmpty]).toEqual([4, 3, 8191, false]);
    expect([3, 4, 31, 32, 33, 8191, 8192, -1, 1.5, 1e9].map((cpu) => set.has(cpu))).toEqual([
      true,
      false,
      true,
      true,
      false,
      true,
      false,
      false,
      false,
      false,
    ]);
    const none = CpuSet.empty;
    expect([none.size, none.first, none.last, none.isEmpty]).toEqual([0, undefined, undefined, true]);
  });

  test.each([-1, 1.5, Number.NaN, 16384, Infinity])("refuses %p as a CPU number", (cpu) => {
    expect(() => CpuSet.of(cpu)).toThrow(RangeError);
    expect(() => CpuSet.range(0, cpu)).toThrow(RangeError);
  });

  test("refuses a range that runs backwards", () => {
    expect(() => CpuSet.range(4, 3)).toThrow("CPU range 4-3 runs backwards");
  });

  test("operations leave their operands as they were", () => {
    const [left, right] = [CpuSet.parse("0-3"), CpuSet.parse("2-5")];
    left.union(right);
    left.minus(right);
    left.intersect(right);
    expect([left.toString(), right.toString()]).toEqual(["0-3", "2-5"]);
  });

  test("sets of 8192 CPUs are worked with in milliseconds", () => {
    const all = CpuSet.range(0, 8191);
    const even = CpuSet.from(Array.from({ length: 4096 }, (_, index) => index * 2));
    const start = performance.now();
    for (let round = 0; round < 100; round++) all.minus(even).union(even);
    expect(performance.now() - start).toBeLessThan(500);
    expect(all.minus(even).size).toBe(4096);
  });
});

describe("laws", () => {
  test("prints and reads back as the same set, in every dialect and format", () => {
    fc.assert(
      fc.property(cpus, (numbers) => {
        const set = CpuSet.from(numbers);
        const text = set.toString();
        expect([...set]).toEqual(ascending(numbers));
        expect(CpuSet.parse(text)).toEqual(set);
        expect(CpuSet.parseKernel(text, 301)).toEqual(set);
        expect(CpuSet.parseNova(text)).toEqual(set);
        expect(CpuSet.parseMask(set.toMask())).toEqual(set);
        expect(CpuSet.parseMask(set.toMask(301))).toEqual(set);
        if (numbers.length > 0) expect(CpuSet.parseLibvirt(text)).toEqual(set);
      }),
    );
  });

  test("operations agree with those of plain sets", () => {
    fc.assert(
      fc.property(cpus, cpus, (left, right) => {
        const [a, b] = [CpuSet.from(left), CpuSet.from(right)];
        expect([...a.union(b)]).toEqual(ascending([...left, ...right]));
        expect([...a.intersect(b)]).toEqual(ascending(left.filter((cpu) => right.includes(cpu))));
        expect([...a.minus(b)]).toEqual(ascending(left.filter((cpu) => !right.includes(cpu))));
        expect(a.size).toBe(left.length);
        expect(a.equals(b)).toBe(ascending(left).join() === ascending(right).join());
        expect(a.intersects(b)).toBe(left.some((cpu) => right.includes(cpu)));
        expect(a.isSubsetOf(b)).toBe(left.every((cpu) => right.includes(cpu)));
        expect(CpuSet.union([a, b])).toEqual(a.union(b));
      }),
    );
  });

  test("any text is read or refused with CpuListError, in every dialect", () => {
    const texts = fc.oneof(fc.string(), fc.stringMatching(/^[0-9,^ :/Nalbf\n\t-]*$/));
    const dialects = [
      (text: string) => CpuSet.parse(text),
      (text: string) => CpuSet.parseKernel(text, 64),
      (text: string) => CpuSet.parseLibvirt(text),
      (text: string) => CpuSet.parseNova(text),
      (text: string) => CpuSet.parseMask(text),
    ];
    fc.assert(
      fc.property(texts, fc.constantFrom(...dialects), (text, parse) => {
        try {
          expect(parse(text).size).toBeGreaterThanOrEqual(0);
        } catch (error) {
          expect(error).toBeInstanceOf(CpuListError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
