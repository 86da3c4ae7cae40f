/**
 * The bits behind a `CpuSet`: 32 CPUs a word, lowest first, no empty word at the end, so that equal sets have equal
 * words. Sets of some thousand CPUs stay a few hundred bytes, and a range costs its words, not its CPUs.
 */

/**
 * One above the highest CPU number that can be held. Linux builds for at most 8192 CPUs (CONFIG_NR_CPUS), libvirt
 * takes numbers below 16384 (VIR_DOMAIN_CPUMASK_LEN): a larger one is a slip of the pen.
 */
export const cpuLimit = 16384;

/** Adds `first` to `last`, both below `cpuLimit` and in order. */
export function addRange(words: number[], first: number, last: number): void {
  for (let word = first >>> 5; word <= last >>> 5; word++) {
    const low = Math.max(first - word * 32, 0);
    const high = Math.min(last - word * 32, 31);
    words[word] = ((words[word] ?? 0) | ((0xffffffff >>> (31 - high)) & (0xffffffff << low))) >>> 0;
  }
}

/** Removes one CPU. */
export function removeOne(words: number[], cpu: number): void {
  const word = words[cpu >>> 5];
  if (word !== undefined) words[cpu >>> 5] = (word & ~(1 << (cpu & 31))) >>> 0;
}

/** The words with gaps filled and empty words at the end dropped. */
export function normalWords(words: readonly number[]): Uint32Array {
  let length = words.length;
  while (length > 0 && (words[length - 1] ?? 0) === 0) length--;
  return Uint32Array.from({ length }, (_, index) => words[index] ?? 0);
}

/** How many bits of a word are set. */
export function countBits(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
