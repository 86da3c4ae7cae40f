import { addRange, removeOne } from "./cpu-bits";
import { checkOrder, CpuListError, cpuNumber } from "./cpu-list-error";

/** The list format of cpuset(7), without blanks: what sysfs prints, and what arguments of this package take. */
export function parseStrictList(text: string): number[] {
  const words: number[] = [];
  if (text === "") return words;
  for (const part of text.split(",")) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (match?.[1] === undefined) {
      throw new CpuListError(text, part, 'is not a CPU number or a range of them. Write for example "0-3,8"');
    }
    const first = cpuNumber(match[1], text);
    const last = match[2] === undefined ? first : cpuNumber(match[2], text);
    checkOrder({ first, last }, part, text);
    addRange(words, first, last);
  }
  return words;
}

/**
 * `<vcpu cpuset>`, `<vcpupin cpuset>` and `nodeset` of libvirt (virBitmapParse in util/virbitmap.c): in the order
 * written, `^N` takes one CPU out of what stands before it, blanks are allowed around numbers and commas but not
 * after `^`, one comma may end the list. A set without a CPU is refused, as in domain XML.
 */
export function parseLibvirtList(text: string): number[] {
  const words: number[] = [];
  const body = text.replace(/^[ \t\n\f\r]+/, "");
  const parts = body.split(",");
  // `parts` is never empty; after a comma libvirt stops at the end of the text.
  const ending = parts.length > 1 && /^[ \t\n\f\r]*$/.test(parts[parts.length - 1] ?? "") ? 1 : 0;
  for (const part of parts.slice(0, parts.length - ending)) addLibvirtPart(words, part, text);
  if (words.every((word) => word === 0)) throw new CpuListError(text, text, "holds no CPU");
  return words;
}

const libvirtPart = /^[ \t\n\f\r]*(?:\^(\d+)|(\d+)(?:[ \t\n\f\r]*-[ \t\n\f\r]*\+?(\d+))?)[ \t\n\f\r]*$/;

function addLibvirtPart(words: number[], part: string, text: string): void {
  const match = libvirtPart.exec(part);
  const [excluded, single] = [match?.[1], match?.[2]];
  if (excluded !== undefined) return removeOne(words, cpuNumber(excluded, text));
  if (single === undefined) {
    throw new CpuListError(text, part, "is not a CPU number, a range or ^ and a CPU number");
  }
  const first = cpuNumber(single, text);
  const last = match?.[3] === undefined ? first : cpuNumber(match[3], text);
  checkOrder({ first, last }, part, text);
  addRange(words, first, last);
}

/**
 * Nova's cpu_dedicated_set and its like (parse_cpu_spec in nova/virt/hardware.py): blanks anywhere around numbers,
 * empty parts are passed over, exclusions (`^2`, `^1-2`) hold wherever they stand. May be empty.
 */
export function parseNovaList(text: string): number[] {
  const words: number[] = [];
  const excluded: number[] = [];
  for (const part of text.split(",").map((each) => each.trim())) {
    if (part === "") continue;
    const target = part.startsWith("^") ? excluded : words;
    const body = part.startsWith("^") ? part.slice(1) : part;
    const dash = body.indexOf("-");
    const first = novaNumber(dash < 0 ? body : body.slice(0, dash), part, text);
    const last = dash < 0 ? first : novaNumber(body.slice(dash + 1), part, text);
    checkOrder({ first, last }, part, text);
    addRange(target, first, last);
  }
  return words.map((word, index) => (word & ~(excluded[index] ?? 0)) >>> 0);
}

/** Python's int(): blanks around, a plus sign, single underscores between digits. */
function novaNumber(digits: string, part: string, text: string): number {
  const match = /^\s*\+?(\d+(?:_\d+)*)\s*$/.exec(digits);
  if (match?.[1] === undefined) throw new CpuListError(text, part, "is not a CPU number, a range or ^ and one of them");
  return cpuNumber(match[1].replaceAll("_", ""), text);
}
