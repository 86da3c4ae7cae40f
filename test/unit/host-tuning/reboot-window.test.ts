import * as fc from "fast-check";
import { isOpen, nextOpening, rebootWindowSchema, windowText } from "../../../provider/host-tuning/reboot-window";

const window = (days: string[] | undefined, from: string, to: string) => rebootWindowSchema.parse({ days, from, to });
/** 25 November 2026 is a Wednesday. */
const at = (day: number, hour: number, minute = 0) => Date.UTC(2026, 10, day, hour, minute);

test("open from its beginning until before its end, on its days alone", () => {
  const nights = window(["sat", "sun"], "02:00", "05:00");
  expect([at(28, 1, 59), at(28, 2), at(28, 4, 59), at(28, 5)].map((now) => isOpen(nights, now))).toEqual([
    false,
    true,
    true,
    false,
  ]);
  expect(isOpen(nights, at(27, 3))).toBe(false);
  expect(isOpen(nights, at(29, 3))).toBe(true);
});

test("over midnight it is the day on which it begins that counts", () => {
  const friday = window(["fri"], "22:30", "01:15");
  expect([at(27, 22, 29), at(27, 22, 30), at(28, 1, 14), at(28, 1, 15)].map((now) => isOpen(friday, now))).toEqual([
    false,
    true,
    true,
    false,
  ]);
  expect(isOpen(friday, at(27, 1))).toBe(false);
});

test("when the next one begins, and what it is, in words", () => {
  const nights = window(["sun", "sat"], "02:00", "05:00");
  expect(nextOpening(nights, at(25, 12))).toBe("Sat 2026-11-28 02:00 UTC");
  expect(nextOpening(nights, at(28, 3))).toBe("Sun 2026-11-29 02:00 UTC");
  expect(nextOpening(window(["wed"], "02:00", "05:00"), at(25, 2))).toBe("Wed 2026-12-02 02:00 UTC");
  expect(windowText(nights)).toBe("Sun, Sat 02:00-05:00 UTC");
  expect(windowText(window(undefined, "22:00", "04:00"))).toBe("every day 22:00-04:00 UTC");
});

test("at any minute it is open, or the next opening is ahead and nothing was open until then", () => {
  const days = fc.uniqueArray(fc.constantFrom("mon", "tue", "wed", "thu", "fri", "sat", "sun"), { minLength: 1 });
  const time = fc
    .tuple(fc.nat(23), fc.nat(59))
    .map(([h, m]) => `${String(h).padStart(2, "0")}:${String(m).padStart(2, "0")}`);
  fc.assert(
    fc.property(fc.record({ chosen: days, from: time, to: time, minutes: fc.nat(60 * 24 * 400) }), (given) => {
      const { chosen, from, to, minutes } = given;
      fc.pre(from !== to);
      const one = window(chosen, from, to);
      const now = at(1, 0, minutes);
      const next = Date.parse(nextOpening(one, now).replace(/^... (.*) (.*) UTC$/, "$1T$2:00Z"));
      expect(next).toBeGreaterThan(now);
      expect(isOpen(one, next)).toBe(true);
      if (!isOpen(one, now)) expect(isOpen(one, next - 60_000)).toBe(false);
    }),
  );
});

test.each([
  [{ from: "02:00", to: "02:00" }, "is the same as from: the window would be empty"],
  [{ from: "2:00", to: "05:00" }, 'must be a time of day as "22:30"'],
  [{ from: "24:00", to: "05:00" }, 'must be a time of day as "22:30"'],
  [{ from: "02:00", to: "05:00", days: ["sat", "sat"] }, "names a day twice"],
])("%j is refused: %s", (given, message) => {
  const found = rebootWindowSchema.safeParse(given);
  expect(found.error?.issues.map((one) => one.message)).toEqual([message]);
});
