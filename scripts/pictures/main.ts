import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

import { findBrowser, openBrowser, type Browser, type View } from "./browser";
import { pictures } from "./pictures";

const folder = join(__dirname, "..", "..", "docs", "pictures");

const usage = `usage: npm run docs:pictures -- [--out DIR] [SVG]...
  writes docs/pictures/*.svg, and photographs them in a browser: light, dark, and as colour-blind eyes see them
  --out DIR  for the photographs; default a new temporary folder
  SVG        further pictures to photograph, for example one that a stack has given out
`;

const views: readonly (Pick<View, "theme" | "vision"> & { readonly name: string })[] = [
  { name: "light", theme: "light", vision: "none" },
  { name: "dark", theme: "dark", vision: "none" },
  { name: "deuteranopia", theme: "light", vision: "deuteranopia" },
  { name: "protanopia-dark", theme: "dark", vision: "protanopia" },
  { name: "grey", theme: "light", vision: "achromatopsia" },
];

/** Exit code: 0 drawn and photographed, 1 no browser or it failed, 2 wrong use. The drawings are written in any case. */
export async function main(argv: readonly string[]): Promise<number> {
  const given = readArguments(argv);
  if (typeof given === "string") {
    process.stderr.write(`${given}\n${usage}`);
    return 2;
  }
  mkdirSync(folder, { recursive: true });
  const drawn = pictures.map(({ name, svg }) => {
    writeFileSync(join(folder, name), svg());
    process.stdout.write(`docs/pictures/${name}\n`);
    return join(folder, name);
  });
  const path = findBrowser(process.env);
  if (path === undefined) {
    process.stderr.write(
      "no browser: the drawings are written, but nobody has seen them. Install chromium " +
        "(Debian, Ubuntu: apt-get install chromium) or set CHROME_PATH to a browser of the Chromium family.\n",
    );
    return 1;
  }
  const out = given.out ?? mkdtempSync(join(tmpdir(), "kvm-tuning-pictures-"));
  mkdirSync(out, { recursive: true });
  const browser = await openBrowser(path);
  try {
    for (const file of [...drawn, ...given.files]) await photographAll(browser, file, out);
  } finally {
    browser.close();
  }
  return 0;
}

function readArguments(argv: readonly string[]): { out?: string; files: readonly string[] } | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: { out: { type: "string" } },
      allowPositionals: true,
    });
    const files = positionals.map((file) => resolve(file));
    return { files, ...(values.out !== undefined && { out: resolve(values.out) }) };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function photographAll(browser: Browser, file: string, out: string): Promise<void> {
  const { width, height } = sizeOf(readFileSync(file, "utf8"));
  // A browser takes minutes for a photograph of a hundred megapixels.
  const scale = Math.min(2, 4000 / Math.max(width, height));
  for (const { name, ...view } of views) {
    const png = join(out, `${basename(file, ".svg")}.${name}.png`);
    writeFileSync(png, await browser.photograph(pathToFileURL(file), { ...view, width, height, scale }));
    process.stdout.write(`${png}\n`);
  }
}

function sizeOf(svg: string): { width: number; height: number } {
  const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg) ?? [];
  if (width === undefined || height === undefined) throw new Error("a picture without a viewBox");
  return { width: Math.ceil(Number(width)), height: Math.ceil(Number(height)) };
}
