import { cpuLimit } from "./cpu-bits";
import { CpuListError } from "./cpu-list-error";

/**
 * The mask format of cpuset(7), as in /proc/irq/N/smp_affinity and sysfs: hexadecimal words of 32 CPUs, highest first,
 * apart by commas; leading zeros may be missing in each. Some tools print one long word without commas.
 */
export function parseMaskWords(text: string): number[] {
  const body = text.trim();
  const groups = body.includes(",") ? body.split(",") : (body.match(/.{1,8}(?=(?:.{8})*$)/gs) ?? [""]);
  const words = groups.map((group) => {
    if (!/^[0-9a-f]{1,8}$/i.test(group)) {
      throw new CpuListError(text, group, 'is not a hexadecimal word of a CPU mask. Write for example "3,0000ffff"');
    }
    return Number.parseInt(group, 16);
  });
  const leading = words.findIndex((word) => word !== 0);
  const significant = leading < 0 ? [] : words.slice(leading).reverse();
  if (significant.length * 32 > cpuLimit) throw new CpuListError(text, text, `is longer than ${cpuLimit} CPUs`);
  return significant;
}

/**
 * As the kernel prints it (`%*pb`): with `bits`, padded to that many CPUs; without, no leading zeros. A set that
 * does not fit into `bits` is an error of the caller.
 */
export function formatMask(words: Uint32Array, bits?: number): string {
  const highest = words.length === 0 ? 0 : words.length * 32 - Math.clz32(words[words.length - 1] ?? 0);
  if (bits !== undefined && highest > bits) throw new RangeError(`CPU ${highest - 1} does not fit into ${bits} bits`);
  const count = Math.max(1, Math.ceil((bits ?? highest) / 32));
  const first = bits === undefined ? 1 : Math.ceil((((bits + 31) % 32) + 1) / 4);
  return Array.from({ length: count }, (_, index) => {
    const word = words[count - 1 - index] ?? 0;
    return word.toString(16).padStart(index === 0 ? first : 8, "0");
  }).join(",");
}
