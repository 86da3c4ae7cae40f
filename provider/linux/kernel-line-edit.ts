/*
 * Managed arguments put into a text that holds a kernel's command line: every other byte stays, blanks and quotes
 * included. Ours stand together, before what is for init and before a variable of the boot loader ($tuned_params): of
 * an argument that stands twice the kernel often takes the first.
 */
import { canonicalKey, formatKernelArgument, parseKernelLine } from "./kernel-args";

export interface LineArguments {
  /** Keys that are ours alone. One without an argument is removed. */
  readonly keys: readonly string[];
  readonly arguments: readonly { readonly key: string; readonly value: string | null }[];
}

interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly managed: boolean;
}

/** `line` without a line end. Unchanged when it holds them as wanted. */
export function editKernelLine(line: string, wanted: LineArguments): string {
  const words = wordsOf(line, wanted.keys);
  const ours = wanted.arguments.map(({ key, value }) => formatKernelArgument(key, value));
  const managed = words.filter((word) => word.managed).map((word) => word.text);
  const before = words.findIndex((word) => isBoundary(word.text));
  const beforeThem = words.findLastIndex((word) => word.managed) < (before < 0 ? words.length : before);
  if (JSON.stringify(managed) === JSON.stringify(ours) && beforeThem) return line;
  return insert(without(line, words), ours.join(" "));
}

function wordsOf(line: string, keys: readonly string[]): readonly Word[] {
  const names = new Set(keys.map(canonicalKey));
  let at = 0;
  return parseKernelLine(line).map(({ key, text, forInit }) => {
    const start = line.indexOf(text, at);
    at = start + text.length;
    return { text, start, end: at, managed: !forInit && names.has(canonicalKey(key)) };
  });
}

const isBoundary = (word: string): boolean => word === "--" || word.startsWith("$");

/** Each managed word goes with the blanks before it; the first word of the line with those behind it. */
function without(line: string, words: readonly Word[]): string {
  let out = "";
  let kept = 0;
  words.forEach(({ start, end, managed }, index) => {
    if (!managed) return;
    const previous = words[index - 1];
    const next = words[index + 1];
    const isFirst = words.slice(0, index).every((word) => word.managed);
    out += line.slice(kept, isFirst ? Math.max(kept, start) : Math.max(kept, previous?.end ?? 0));
    kept = isFirst ? (next?.start ?? end) : end;
  });
  return out + line.slice(kept);
}

function insert(line: string, ours: string): string {
  if (ours === "") return line;
  const words = wordsOf(line, []);
  const boundary = words.find((word) => isBoundary(word.text));
  if (boundary !== undefined) return `${line.slice(0, boundary.start)}${ours} ${line.slice(boundary.start)}`;
  const end = words.at(-1)?.end;
  if (end === undefined) return line + ours;
  return `${line.slice(0, end)} ${ours}${line.slice(end)}`;
}
