import { compareVersionFormat } from "../../../provider/linux/version-format";

/** The examples of the Version Format Specification, and what entries are called. */
test.each([
  ["122.1", "123~rc1-1"],
  ["123~rc1-1", "123"],
  ["123", "123-a"],
  ["123-a", "123-a.1"],
  ["123-a.1", "123-1"],
  ["123-1", "123-1.1"],
  ["123-1.1", "123^post1"],
  ["123^post1", "123.a-1"],
  ["123.a-1", "123.1-1"],
  ["123.1-1", "123a-1"],
  ["123a-1", "124-1"],
  ["6.1.0-9", "6.1.0-56"],
  ["0-kvm-tuning-trial", "00a1b2c3d4e5f60718293a4b5c6d7e8f-6.1.0"],
  ["0-kvm-tuning-trial", "fd9bd630860148d9ba5aae0251bf82c6-6.1.0"],
  ["0-kvm-tuning-trial", "arch"],
  ["0-kvm-tuning-trial", "nixos-generation-12"],
])("%s is before %s", (earlier, later) => {
  expect(Math.sign(compareVersionFormat(earlier, later))).toBe(-1);
  expect(Math.sign(compareVersionFormat(later, earlier))).toBe(1);
  expect(compareVersionFormat(earlier, earlier)).toBe(0);
});

test.each([
  ["1_", "1"],
  ["1+1", "1_1"],
  ["001", "1"],
])("%s and %s are the same", (one, other) => {
  expect(compareVersionFormat(one, other)).toBe(0);
});
