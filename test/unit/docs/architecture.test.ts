/* The knob that the architecture page shows whole is the one of the code. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "..", "..", "..");
const read = (...path: readonly string[]): string => readFileSync(join(root, ...path), "utf8");

test("the knob on the page is the file", () => {
  const [, block = ""] = /\n {3}```ts\n(.*?) {3}```/s.exec(read("docs", "architecture.md")) ?? [];
  const shown = block.replaceAll(/^ {3}/gm, "");
  expect(shown).toBe(read("provider", "host-tuning", "knobs", "numa-balancing.ts"));
});
