import { readFileSync } from "node:fs";
import { join } from "node:path";

import { pictures } from "../../../scripts/pictures/pictures";

test.each(pictures)("the committed picture $name is what the code draws: npm run docs:pictures", ({ name, svg }) => {
  expect(readFileSync(join("docs", "pictures", name), "utf8")).toBe(svg());
});
