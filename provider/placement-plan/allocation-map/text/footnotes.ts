import type { CpuPlace } from "../places";
import { columnsOf } from "../text-width";
import { longThreads, shortThreads } from "../words";

/** More than this would make all columns wide. */
const longestToken = 6;

export interface Footnotes {
  /** What stands for a CPU: "A0", "#", ".", or "*1" where a note says it. */
  token(cpu: CpuPlace): string;
  /** The notes so far, none wider than `columns` where it can be broken. */
  lines(columns: number): readonly string[];
}

/** CPUs with the same threads on them share a note. */
export function createFootnotes(): Footnotes {
  const numbers = new Map<string, number>();
  const notes: (readonly string[])[] = [];
  return {
    token(cpu) {
      const [first, ...others] = cpu.occupants;
      if (first === undefined) return cpu.reserved ? "#" : ".";
      const token = first.vm.key + shortThreads(first.threads, "~");
      if (others.length === 0 && token.length <= longestToken) return token;
      const note = cpu.occupants.map((one) => `${one.vm.key} ${longThreads(one)}`);
      const known = numbers.get(note.join("\n"));
      if (known !== undefined) return `*${known}`;
      notes.push(note);
      numbers.set(note.join("\n"), notes.length);
      return `*${notes.length}`;
    },
    lines: (columns) => notes.flatMap((note, index) => broken(`*${index + 1}`, note, columns)),
  };
}

/** A mark, and parts behind it on as many lines as they need. */
function broken(mark: string, parts: readonly string[], columns: number): readonly string[] {
  const indent = " ".repeat(mark.length + 2);
  const lines = [`${mark}  `];
  for (const [index, part] of parts.entries()) {
    const text = index < parts.length - 1 ? `${part}; ` : part;
    const last = lines.length - 1;
    const line = lines[last] ?? "";
    if (index > 0 && columnsOf(line + text) > columns) lines.push(indent + text);
    else lines[last] = line + text;
  }
  return lines;
}
