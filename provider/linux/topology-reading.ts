import { CpuListError } from "./cpu-list-error";
import { CpuSet } from "./cpu-set";
import type { FileTree } from "./file-tree";

export const cpuRoot = "/sys/devices/system/cpu/";
export const nodeRoot = "/sys/devices/system/node/";

/** The files, and what was found wrong on the way: all of it is collected before anything is thrown. */
export interface Reading {
  readonly files: FileTree;
  /** Contradictions: the topology cannot be used. */
  readonly problems: string[];
  /** Missing or odd, but the rest can be used. */
  readonly doubts: string[];
}

/**
 * A file in mask format, or the one in list format beside it. The kernel prints both from one bitmap; in trees that
 * were recorded and mended by hand it is the mask that was mended. `undefined`: neither is there.
 */
export function readSet(reading: Reading, paths: { list?: string; mask?: string }): CpuSet | undefined {
  const list = parsed(reading, paths.list, (text) => CpuSet.parse(text));
  const mask = parsed(reading, paths.mask, (text) => CpuSet.parseMask(text));
  if (list !== undefined && mask !== undefined && !list.equals(mask)) {
    const doubt = `${paths.list} says ${quote(list)}, but ${paths.mask} says ${quote(mask)}, which is taken`;
    // Such files differ by the hundred: the first tells it.
    if (!reading.doubts.some((other) => other.endsWith("which is taken"))) reading.doubts.push(doubt);
  }
  return mask ?? list;
}

function parsed(reading: Reading, path: string | undefined, parse: (text: string) => CpuSet): CpuSet | undefined {
  // Kernels around 5.16 end some masks with a NUL byte (drivers/base/topology.c as binary attributes).
  const text = path === undefined ? undefined : reading.files.text(path)?.split("\0")[0]?.trim();
  if (text === undefined) return undefined;
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof CpuListError)) throw error;
    reading.problems.push(`${path}: ${error.message}`);
    return undefined;
  }
}

/** A whole number; `undefined` if the file is missing. */
export function readNumber(reading: Reading, path: string): number | undefined {
  const text = reading.files.text(path)?.trim();
  if (text === undefined || /^-?\d{1,15}$/.test(text)) return text === undefined ? undefined : Number(text);
  reading.problems.push(`${path}: ${JSON.stringify(text)} is not a number`);
  return undefined;
}

export function quote(set: CpuSet): string {
  return set.isEmpty ? "(none)" : set.toString();
}

/** The numbers N of the folders `<root><word>N/`, with the paths in each relative to it. */
export function numberedFolders(files: FileTree, root: string, word: string): Map<number, string[]> {
  const folders = new Map<number, string[]>();
  const pattern = new RegExp(`^${word}(\\d{1,5})/(.+)$`);
  for (const path of files.paths(root + word)) {
    const [, digits, rest] = pattern.exec(path.slice(root.length)) ?? [];
    if (digits === undefined || rest === undefined) continue;
    const inside = folders.get(Number(digits));
    if (inside === undefined) folders.set(Number(digits), [rest]);
    else inside.push(rest);
  }
  return new Map([...folders].sort(([left], [right]) => left - right));
}
