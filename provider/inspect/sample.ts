/* The counters of sample-script.ts as values. Sources: proc(5); Documentation/scheduler/sched-stats.rst; numastat(8). */
import { parseMemory, type MemoryLocation } from "../vm-cpu-placement/memory-location";

export interface ThreadSample {
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  /** PF_KTHREAD: a thread of the kernel. */
  readonly kernel: boolean;
  /** The CPU that it ran on last. */
  readonly cpu: number;
  /** User and system time, in clock ticks. */
  readonly ticks: number;
  /** Nanoseconds that it was ready to run and did not; only of domains. */
  readonly waitNanoseconds?: number;
  readonly migrations?: number;
  readonly contextSwitches?: number;
}

export interface Round {
  readonly seconds: number;
  readonly threads: ReadonlyMap<number, ThreadSample>;
  /** By name, such as "24 virtio0-input.0"; each CPU's count. */
  readonly interrupts: ReadonlyMap<string, readonly number[]>;
  readonly numaMisses: ReadonlyMap<number, number>;
  /** CPU, then state: microseconds. */
  readonly idle: ReadonlyMap<number, ReadonlyMap<number, number>>;
}

export interface Sample {
  readonly first: Round;
  /** Undefined: no interval was asked for. */
  readonly second?: Round;
  /** By process id. */
  readonly memory: ReadonlyMap<number, MemoryLocation>;
}

/** Throws when the output was cut off. */
export function parseSample(output: string): Sample {
  if (!/^@end$/m.test(output)) throw new Error("the host's counters were cut off");
  const blocks = output.split(/^@/m).slice(1);
  const round = (name: string): Round | undefined => {
    const text = blocks.find((block) => block.startsWith(`${name} `));
    return text === undefined ? undefined : parseRound(text);
  };
  const first = round("1");
  if (first === undefined) throw new Error("the host's counters are missing");
  const second = round("2");
  const memory = blocks.flatMap((block) => {
    const pid = /^memory (\d+)\n/.exec(block)?.[1];
    return pid === undefined ? [] : [[Number(pid), parseMemory(block)] as const];
  });
  return { first, ...(second && { second }), memory: new Map(memory) };
}

type Draft = { -readonly [K in keyof ThreadSample]: ThreadSample[K] };

function parseRound(text: string): Round {
  const lines = text.split("\n");
  const threads = new Map<number, Draft>();
  const numaMisses = new Map<number, number>();
  const idle = new Map<number, Map<number, number>>();
  for (const line of lines) {
    const [, pid, tid, file, rest = ""] = /^proc\/(\d+)\/task\/(\d+)\/(\w+):(.*)$/.exec(line) ?? [];
    if (pid !== undefined && tid !== undefined) readThread(threads, { pid: Number(pid), tid: Number(tid), file, rest });
    const miss = /\/node(\d+)\/numastat:numa_miss (\d+)$/.exec(line);
    if (miss !== null) numaMisses.set(Number(miss[1]), Number(miss[2]));
    const state = /\/cpu(\d+)\/cpuidle\/state(\d+)\/time:(\d+)$/.exec(line);
    if (state === null) continue;
    const cpu = Number(state[1]);
    const states = idle.get(cpu) ?? new Map<number, number>();
    idle.set(cpu, states.set(Number(state[2]), Number(state[3])));
  }
  return {
    seconds: Number(/^\d ([\d.]+) /.exec(text)?.[1]),
    threads,
    interrupts: interruptsOf(lines),
    numaMisses,
    idle,
  };
}

const kernelThread = 0x200000;

function readThread(
  threads: Map<number, Draft>,
  { pid, tid, file, rest }: { pid: number; tid: number; file: string | undefined; rest: string },
): void {
  if (file === "stat") {
    const [, name = "", numbers = ""] = /^\d+ \((.*)\) (\S.*)$/.exec(rest) ?? [];
    // Field 3 of proc(5) is the first.
    const field = (index: number) => Number(numbers.split(" ")[index - 3]);
    const kernel = (field(9) & kernelThread) !== 0;
    threads.set(tid, { pid, tid, name, kernel, cpu: field(39), ticks: field(14) + field(15) });
    return;
  }
  const thread = threads.get(tid);
  if (thread === undefined) return;
  const numbers = rest.split(/\s+/).filter((word) => /^\d+$/.test(word));
  if (file === "schedstat") thread.waitNanoseconds = Number(numbers[1]);
  if (file === "sched") thread.migrations = Number(numbers.at(-1));
  if (file === "status") thread.contextSwitches = (thread.contextSwitches ?? 0) + Number(numbers[0]);
}

/** Interrupts of devices: lines that begin with a number. */
function interruptsOf(lines: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const rows = lines.flatMap((line) => {
    const [, number, rest = ""] = /^proc\/interrupts: *(\d+): *(.*)$/.exec(line) ?? [];
    if (number === undefined) return [];
    const words = rest.split(/\s+/);
    const cut = words.findIndex((word) => !/^\d+$/.test(word));
    const counts = words.slice(0, cut < 0 ? undefined : cut).map(Number);
    return [[`${number} ${words.at(-1) ?? ""}`.trim(), counts] as const];
  });
  return new Map(rows);
}
