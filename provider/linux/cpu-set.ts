import { addRange, countBits, cpuLimit, normalWords } from "./cpu-bits";
import { parseLibvirtList, parseNovaList, parseStrictList } from "./cpu-list-dialects";
import { formatMask, parseMaskWords } from "./cpu-mask";
import { parseKernelList } from "./kernel-cpu-list";

/**
 * An immutable set of CPU numbers (or of NUMA node numbers: the same formats). There is one constructor for each
 * dialect, because the same text means different things to the kernel, libvirt and Nova.
 */
export class CpuSet implements Iterable<number> {
  static readonly empty = new CpuSet(new Uint32Array(0));

  private constructor(private readonly words: Uint32Array) {}

  /** cpuset(7) list format: `0-3,8`. The empty text is the empty set. */
  static parse(text: string): CpuSet {
    return new CpuSet(normalWords(parseStrictList(text)));
  }

  /** Kernel parameters: `0-31:1/4`, `1-N`, `all`, blanks. `bits`: the number of possible CPUs. */
  static parseKernel(text: string, bits: number): CpuSet {
    return new CpuSet(normalWords(parseKernelList(text, bits)));
  }

  /** Domain XML and virsh: `0-7,^0`. Never empty. */
  static parseLibvirt(text: string): CpuSet {
    return new CpuSet(normalWords(parseLibvirtList(text)));
  }

  /** Nova's configuration: like libvirt's, but exclusions hold wherever they stand. */
  static parseNova(text: string): CpuSet {
    return new CpuSet(normalWords(parseNovaList(text)));
  }

  /** Mask format: `3,0000ffff`. */
  static parseMask(text: string): CpuSet {
    return new CpuSet(normalWords(parseMaskWords(text)));
  }

  static of(...cpus: readonly number[]): CpuSet {
    return CpuSet.from(cpus);
  }

  static from(cpus: Iterable<number>): CpuSet {
    const words: number[] = [];
    for (const cpu of cpus) {
      checkNumber(cpu);
      addRange(words, cpu, cpu);
    }
    return new CpuSet(normalWords(words));
  }

  /** `first` to `last`, both included. */
  static range(first: number, last: number): CpuSet {
    checkNumber(first);
    checkNumber(last);
    if (first > last) throw new RangeError(`CPU range ${first}-${last} runs backwards`);
    const words: number[] = [];
    addRange(words, first, last);
    return new CpuSet(normalWords(words));
  }

  static union(sets: Iterable<CpuSet>): CpuSet {
    let all = CpuSet.empty;
    for (const set of sets) all = all.union(set);
    return all;
  }

  get size(): number {
    return this.words.reduce((sum, word) => sum + countBits(word), 0);
  }

  get isEmpty(): boolean {
    return this.words.length === 0;
  }

  /** The lowest CPU; undefined if the set is empty. */
  get first(): number | undefined {
    return this[Symbol.iterator]().next().value;
  }

  /** The highest CPU; undefined if the set is empty. */
  get last(): number | undefined {
    const top = this.words[this.words.length - 1];
    return top === undefined ? undefined : this.words.length * 32 - 1 - Math.clz32(top);
  }

  has(cpu: number): boolean {
    return Number.isInteger(cpu) && cpu >= 0 && (((this.words[Math.floor(cpu / 32)] ?? 0) >>> (cpu % 32)) & 1) === 1;
  }

  union(other: CpuSet): CpuSet {
    return this.combine(other, (mine, theirs) => mine | theirs);
  }

  intersect(other: CpuSet): CpuSet {
    return this.combine(other, (mine, theirs) => mine & theirs);
  }

  minus(other: CpuSet): CpuSet {
    return this.combine(other, (mine, theirs) => mine & ~theirs);
  }

  intersects(other: CpuSet): boolean {
    return this.words.some((word, index) => (word & (other.words[index] ?? 0)) !== 0);
  }

  isSubsetOf(other: CpuSet): boolean {
    return this.words.every((word, index) => (word & ~(other.words[index] ?? 0)) === 0);
  }

  equals(other: CpuSet): boolean {
    return this.words.length === other.words.length && this.words.every((word, index) => word === other.words[index]);
  }

  /** Ascending. */
  *[Symbol.iterator](): Generator<number, undefined> {
    for (const [index, word] of this.words.entries()) {
      // The lowest set bit, then the rest without it.
      for (let rest = word; rest !== 0; rest &= rest - 1) yield index * 32 + 31 - Math.clz32(rest & -rest);
    }
    return undefined;
  }

  /** Runs of neighbours, ascending. */
  ranges(): { readonly first: number; readonly last: number }[] {
    const ranges: { first: number; last: number }[] = [];
    for (const cpu of this) {
      const open = ranges[ranges.length - 1];
      if (open?.last === cpu - 1) open.last = cpu;
      else ranges.push({ first: cpu, last: cpu });
    }
    return ranges;
  }

  /** cpuset(7) list format, as the kernel and libvirt print it; empty text for the empty set. */
  toString(): string {
    return this.ranges()
      .map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`))
      .join(",");
  }

  /** So that a set inside an output or a plan prints as its list. */
  toJSON(): string {
    return this.toString();
  }

  /** Mask format; with `bits` padded as the kernel pads it on a host with that many possible CPUs. */
  toMask(bits?: number): string {
    return formatMask(this.words, bits);
  }

  private combine(other: CpuSet, merge: (mine: number, theirs: number) => number): CpuSet {
    const length = Math.max(this.words.length, other.words.length);
    const words = Array.from({ length }, (_, index) => merge(this.words[index] ?? 0, other.words[index] ?? 0) >>> 0);
    return new CpuSet(normalWords(words));
  }
}

function checkNumber(cpu: number): void {
  if (!Number.isInteger(cpu) || cpu < 0 || cpu >= cpuLimit) {
    throw new RangeError(`${cpu} is not a CPU number: must be an integer from 0 to ${cpuLimit - 1}`);
  }
}
