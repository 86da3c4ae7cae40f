import { addRange, cpuLimit } from "./cpu-bits";
import { checkOrder, CpuListError, cpuNumber } from "./cpu-list-error";

/**
 * The list format of kernel parameters (isolcpus=, irqaffinity=) and of files that take lists, as the kernel's
 * bitmap_parselist() in lib/bitmap.c (later lib/bitmap-str.c) reads it: regions apart by any mix of commas and
 * blanks; a region is `N-M`, `all`, or one number, and ranges may take `:used/group`; `N` is the last CPU; whatever
 * stands after a line end that ends a region is not read. `bits` is the kernel's number of possible CPUs.
 */
export function parseKernelList(text: string, bits: number): number[] {
  if (!Number.isInteger(bits) || bits < 1 || bits > cpuLimit) {
    throw new RangeError(`a CPU list of ${bits} bits: must be 1 to ${cpuLimit}`);
  }
  const words: number[] = [];
  const scan: Scan = { text, bits, at: 0 };
  while (skipSeparators(scan)) {
    const start = scan.at;
    const region = readRegion(scan);
    checkRegion(region, text.slice(start, scan.at), scan);
    addRegion(words, region);
    if (endsText(scan)) break;
  }
  return words;
}

interface Scan {
  readonly text: string;
  readonly bits: number;
  at: number;
}

interface Region {
  readonly first: number;
  readonly last: number;
  /** Of each `group` CPUs the first `used` belong to the set. */
  readonly pattern?: { readonly used: number; readonly group: number };
}

const separator = /[\t-\r ,]/;

/** Goes to the next region; false at the end of the text. */
function skipSeparators(scan: Scan): boolean {
  while (separator.test(scan.text.charAt(scan.at))) scan.at++;
  return scan.at < scan.text.length;
}

function endsText(scan: Scan): boolean {
  return scan.at >= scan.text.length || scan.text.charAt(scan.at) === "\n";
}

function endsRegion(scan: Scan): boolean {
  return scan.at >= scan.text.length || separator.test(scan.text.charAt(scan.at));
}

function readRegion(scan: Scan): Region {
  let first = 0;
  let last = scan.bits - 1;
  if (scan.text.slice(scan.at, scan.at + 3).toLowerCase() === "all") {
    scan.at += 3;
  } else {
    first = readNumber(scan);
    if (endsRegion(scan)) return { first, last: first };
    expect(scan, "-");
    last = readNumber(scan);
  }
  if (endsRegion(scan)) return { first, last };
  expect(scan, ":");
  const used = readNumber(scan);
  expect(scan, "/");
  return { first, last, pattern: { used, group: readNumber(scan) } };
}

/** Numbers of any size are taken here: the group of a pattern may be larger than the set. */
function readNumber(scan: Scan): number {
  if (scan.text.charAt(scan.at) === "N") {
    scan.at++;
    return scan.bits - 1;
  }
  const digits = /^\d+/.exec(scan.text.slice(scan.at, scan.at + 40))?.[0];
  if (digits === undefined) throw unexpected(scan, "a CPU number");
  if (Number(digits) > 0xffffffff) throw new CpuListError(scan.text, digits, "is too large");
  scan.at += digits.length;
  return Number(digits);
}

function expect(scan: Scan, char: string): void {
  if (scan.text.charAt(scan.at) !== char) throw unexpected(scan, `"${char}"`);
  scan.at++;
}

function unexpected(scan: Scan, wanted: string): CpuListError {
  if (endsText(scan)) return new CpuListError(scan.text, scan.text, `ends where ${wanted} should be`);
  const rest = scan.text.slice(scan.at, scan.at + 20);
  return new CpuListError(scan.text, rest, `is not ${wanted} (character ${scan.at + 1})`);
}

function addRegion(words: number[], region: Region): void {
  const { first, last, pattern } = region;
  if (pattern === undefined) return addRange(words, first, last);
  if (pattern.used === 0) return;
  for (let start = first; start <= last; start += pattern.group) {
    addRange(words, start, Math.min(last, start + pattern.used - 1));
  }
}

/** bitmap_check_region(). `part`: the region's text. */
function checkRegion(region: Region, part: string, scan: Scan): void {
  const { last, pattern } = region;
  checkOrder(region, part, scan.text);
  cpuNumber(String(last), scan.text, scan.bits);
  if (pattern !== undefined && (pattern.group === 0 || pattern.used > pattern.group)) {
    throw new CpuListError(scan.text, part, `takes ${pattern.used} of each ${pattern.group} CPUs, which cannot be`);
  }
}
