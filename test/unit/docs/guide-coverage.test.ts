/* Every row names what there is: an argument of the reference, a verb of the command, a test with that title. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../../cli/program";

const root = join(__dirname, "..", "..", "..");
const read = (...path: readonly string[]): string => readFileSync(join(root, ...path), "utf8");

const rows = read("docs", "guide-coverage.md")
  .split("\n")
  .filter((line) => /^\| (?!about|-)/.test(line))
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .map(([, about = "", byHand = "", here = "", , test = ""]) => ({ name: `${about}: ${byHand}`, here, test }));

const pages: Readonly<Record<string, string>> = {
  HostTuning: "host-tuning",
  VmCpuPlacement: "vm-cpu-placement",
  PlacementPlan: "placement-plan",
};

test("the page has a row for each snippet", () => {
  expect(rows.length).toBeGreaterThan(35);
});

test.each(rows)("$name", async ({ here, test }) => {
  for (const [, resource = "", argument = ""] of here.matchAll(/`(\w+)\.(\w+)`/g))
    expect(read("docs", "reference", `${pages[resource] ?? ""}.md`)).toContain(`## ${argument}\n`);
  for (const [, verb = ""] of here.matchAll(/`kvm-tuning ([\w-]+)`/g)) {
    const terminal = { out: () => undefined, err: () => undefined, colour: false, progress: false };
    expect(await run([verb, "--help"], terminal, {})).toBe(0);
  }
  for (const [folder = ""] of here.matchAll(/examples\/[\w-]+/g)) expect(existsSync(join(root, folder))).toBe(true);
  const [, file = "", title = ""] = /^`([^`]+)`: (.*)$/.exec(test) ?? [];
  expect(read("test", file).replaceAll(/"\s*\+\s*"/g, "")).toContain(title);
});
