import type { CacheGroup, CpuPlace } from "../places";
import { columnsOf, padEnd, padStart } from "../text-width";

/** Lines of one width. */
export interface Block {
  readonly width: number;
  readonly lines: readonly string[];
}

const coresInARow = 8;

/** The cores of a cache group side by side; of each its threads one below the other: the CPU, and below it who has it. */
export function coreBlock({ label = "", cores }: CacheGroup, tokenOf: (cpu: CpuPlace) => string): Block {
  const cells = cores.map((core) => core.cpus.map((cpu) => ({ number: String(cpu.id), token: tokenOf(cpu) })));
  const column = Math.max(...cells.flat().map(({ number, token }) => Math.max(number.length, token.length)), 2);
  const kinds = cores.map(({ kind = "" }) => kind);
  const lines = [label];
  for (let first = 0; first < cells.length; first += coresInARow) {
    const row = cells.slice(first, first + coresInARow);
    const threads = Math.max(...row.map((core) => core.length));
    const joined = (texts: readonly string[]): string => texts.map((text) => padStart(text, column)).join(" ");
    lines.push(...kindLines(kinds.slice(first, first + coresInARow)));
    for (let thread = 0; thread < threads; thread += 1) {
      lines.push(joined(row.map((core) => core[thread]?.number ?? "")));
      lines.push(joined(row.map((core) => core[thread]?.token ?? "")));
    }
  }
  return { width: Math.max(...lines.map(columnsOf)), lines };
}

/** Hybrids: one line for each row of cores. */
function kindLines(kinds: readonly string[]): readonly string[] {
  const distinct = [...new Set(kinds)].filter((kind) => kind !== "");
  return distinct.length === 0 ? [] : [`${distinct.join(" and ")} cores`];
}

/** Blocks side by side, as many as fit, with a line between them. */
export function besides(blocks: readonly Block[], columns: number): readonly string[] {
  const rows: Block[][] = [];
  for (const block of blocks) {
    const row = rows.at(-1);
    const used = (row ?? []).reduce((sum, { width }) => sum + width + 3, 0);
    if (row === undefined || used + block.width > columns) rows.push([block]);
    else row.push(block);
  }
  return rows.flatMap((row) => {
    const height = Math.max(...row.map(({ lines }) => lines.length));
    return Array.from({ length: height }, (_, index) =>
      row.map(({ width, lines }) => padEnd(lines[index] ?? "", width)).join(" | "),
    ).filter((line) => line.replaceAll("|", "").trim() !== "");
  });
}
