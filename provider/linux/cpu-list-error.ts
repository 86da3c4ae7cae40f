import { cpuLimit } from "./cpu-bits";

/** A text that is not a CPU list (or mask) of the dialect it was read in: names the text and its bad part. */
export class CpuListError extends Error {
  override readonly name = "CpuListError";
  constructor(
    readonly text: string,
    readonly part: string,
    readonly reason: string,
  ) {
    super(`invalid CPU list ${JSON.stringify(shorten(text))}: ${subject(text, part)} ${reason}`);
  }
}

function subject(text: string, part: string): string {
  if (part === text) return "it";
  return part.trim() === "" ? "an empty part" : JSON.stringify(shorten(part));
}

/** A megabyte of nonsense is not to be printed whole. */
function shorten(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}

/** The number that `digits` (decimal digits only) stands for, or an error if no CPU can have it. */
export function cpuNumber(digits: string, text: string, limit: number = cpuLimit): number {
  const cpu = Number(digits);
  if (cpu >= limit) throw new CpuListError(text, digits, `is too large: the highest CPU number here is ${limit - 1}`);
  return cpu;
}

/** Throws unless the range runs upwards. */
export function checkOrder(range: { first: number; last: number }, part: string, text: string): void {
  if (range.first > range.last)
    throw new CpuListError(text, part, `runs backwards: ${range.first} is above ${range.last}`);
}
