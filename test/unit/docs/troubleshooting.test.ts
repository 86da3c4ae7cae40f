/* A message that is quoted in the troubleshooting page is one that the code writes, or a search for it finds nothing. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "..", "..", "..");

/** Not ours: Node's, and Pulumi's. */
const others = ["Cannot find module 'pulumi-kvm-tuning/provider'", "--yes", "--preview-only"];

/** All source texts, with values as `...` and literals that are written over several lines put together. */
function codeTexts(): string {
  const files = readdirSync(join(root, "provider"), { recursive: true, encoding: "utf8" });
  return files
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(root, "provider", name), "utf8"))
    .join("\n")
    .replaceAll(/["`]\s*\+\s*["`]/g, "")
    .replaceAll("\\\\`", "`");
}

function quotedMessages(): readonly string[] {
  const page = readFileSync(join(root, "docs", "troubleshooting.md"), "utf8");
  const firstCells = [...page.matchAll(/^\| (.*?) +\| /gm)].map(([, cell = ""]) => cell);
  return firstCells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text));
}

const messages = quotedMessages().filter((text) => !others.includes(text));

test("the page quotes messages", () => {
  expect(messages.length).toBeGreaterThan(35);
});

test.each(messages)("the code writes %j", (message) => {
  const code = codeTexts();
  const parts = message.split("...").map((part) => part.trim());
  expect(parts.filter((part) => part.length > 2 && !code.includes(part))).toEqual([]);
});
