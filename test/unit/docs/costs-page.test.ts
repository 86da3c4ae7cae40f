import { readFileSync } from "node:fs";

import { withTables } from "../../../bench/costs-page";
import { readResults } from "../../../bench/record";

const page = readFileSync("docs/costs.md", "utf8");

test("the committed tables are what bench/results.json holds: npm run bench:report", () => {
  expect(withTables(page, readResults())).toBe(page);
});

test("a part that was not measured leaves its table; a page without a place for one is refused", () => {
  expect(withTables(page, {})).toBe(page);
  expect(() => withTables("# What it costs\n", readResults())).toThrow("the page has no place for: one host");
});
