import { cacheFolder, contentKey } from "../../../scripts/lib/cache";
import { renderTable } from "../../../scripts/lib/demo-printer";
import { elapsed } from "../../../scripts/lib/progress";
import { isNewEnough } from "../../../scripts/lib/pulumi-cli";

test.each([
  [400, "0s"],
  [59_400, "59s"],
  [80_000, "1m20s"],
  [605_000, "10m05s"],
])("%d ms are shown as %s", (milliseconds, text) => expect(elapsed(milliseconds)).toBe(text));

test.each([
  ["3.215.0", false],
  ["3.216.0", true],
  ["3.259.0-dev.1", true],
  ["4.0.0", true],
  ["2.999.0", false],
])("pulumi %s has what dynamic providers need: %s", (version, enough) => expect(isNewEnough(version)).toBe(enough));

test("the cache folder is KVM_TUNING_CACHE, else below XDG_CACHE_HOME", () => {
  expect(cacheFolder({ KVM_TUNING_CACHE: "/var/tmp/c", XDG_CACHE_HOME: "/x" })).toBe("/var/tmp/c");
  expect(cacheFolder({ XDG_CACHE_HOME: "/x" })).toBe("/x/pulumi-kvm-tuning");
});

test("a content key depends on where one part ends and the next begins", () => {
  expect(contentKey("ab", "c")).not.toBe(contentKey("a", "bc"));
  expect(contentKey("ab", "c")).toBe(contentKey(Buffer.from("ab"), "c"));
});

test("a table has a line under its heading and no spaces at line ends", () => {
  expect(
    renderTable([
      ["setting", "before", "after"],
      ["governor", "schedutil", "performance"],
      ["ksm", "0", ""],
    ]),
  ).toBe(
    [
      "setting   before     after",
      "--------  ---------  -----------",
      "governor  schedutil  performance",
      "ksm       0",
    ].join("\n"),
  );
});
