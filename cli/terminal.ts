/* Where the command writes: results on standard output, progress and errors on standard error, colours on a terminal alone. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  readonly colour: boolean;
  /** Progress is shown only where somebody looks. */
  readonly progress: boolean;
}

export function processTerminal(env: NodeJS.ProcessEnv = process.env): Terminal {
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    colour: process.stdout.isTTY && (env["NO_COLOR"] ?? "") === "",
    progress: process.stderr.isTTY,
  };
}

const codes = { red: 31, green: 32, yellow: 33, grey: 90, bold: 1 } as const;
export type Colour = keyof typeof codes;

export const painted = (text: string, colour: Colour | undefined, on: boolean): string =>
  on && colour !== undefined ? `\u001b[${String(codes[colour])}m${text}\u001b[0m` : text;

export interface Cell {
  readonly text: string;
  readonly colour?: Colour;
}

/** Columns as wide as their widest cell; the last is not padded. */
export function table(rows: readonly (readonly (string | Cell)[])[], colour: boolean): string {
  const cells = rows.map((row) => row.map((cell): Cell => (typeof cell === "string" ? { text: cell } : cell)));
  const widths = cells.reduce<number[]>(
    (all, row) => row.map((cell, index) => Math.max(all[index] ?? 0, cell.text.length)),
    [],
  );
  return cells
    .map((row) =>
      row
        .map(({ text, colour: own }, index) => {
          const padding = index === row.length - 1 ? "" : " ".repeat((widths[index] ?? 0) - text.length);
          return painted(text, own, colour) + padding;
        })
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
