/* What measure-script.ts printed, as numbers with a name, and two of them side by side. Sources: perf-stat(1), cyclictest(8). */
export interface Metric {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Whether less of it is better; null: neither, or it depends. */
  readonly lessIsBetter: boolean | null;
}

export interface Measurement {
  readonly metrics: readonly Metric[];
  /** Tool → why nothing is said. */
  readonly notApplicable: Readonly<Record<string, string>>;
  /** Lines of a profile, the hottest first. */
  readonly profile: readonly string[];
}

/** Throws when the output was cut off. */
export function parseMeasurement(output: string, seconds: number): Measurement {
  if (!/^@end$/m.test(output)) throw new Error("the measurement was cut off");
  const blocks = output.split(/^@/m).slice(1);
  const block = (name: string) => blocks.find((one) => one.startsWith(name))?.slice(name.length) ?? "";
  const missing = blocks.flatMap((one) => /^missing (\S+)/.exec(one)?.[1] ?? []);
  return {
    metrics: [
      ...perfMetrics(block("perf\n"), seconds),
      ...cyclictestMetrics(block("cyclictest\n")),
      ...missMetrics(block("numastat before"), block("numastat after")),
    ],
    notApplicable: Object.fromEntries<string>([
      ...missing.map((tool): [string, string] => [tool, `${tool} is not on the host (${packages[tool] ?? tool})`]),
      ...[...block("perf\n").matchAll(/^<not (?:supported|counted)>,[^,]*,([\w-]+)/gm)].map(
        ([, event = ""]): [string, string] => [
          event,
          "this machine does not count it: a virtual machine, or no access to its counters",
        ],
      ),
    ]),
    profile: block("profile\n")
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== ""),
  };
}

const packages: Readonly<Record<string, string>> = {
  perf: "linux-perf on Debian, linux-tools on Ubuntu, perf on Fedora",
  cyclictest: "rt-tests; in the guest: cyclictest -m -p 95 -i 1000 -D 60 -t 1 -a 0",
};

/** `value,unit,event,...`. Counts are told by the second, ratios as they are. */
function perfMetrics(text: string, seconds: number): readonly Metric[] {
  const counts = new Map(
    [...text.matchAll(/^([\d.]+),[^,]*,([\w-]+)(?::\w+)?,/gm)].map(([, value, event = ""]) => [event, Number(value)]),
  );
  const rate = (event: string, lessIsBetter: boolean): readonly Metric[] => {
    const count = counts.get(event);
    return count === undefined ? [] : [{ name: event, value: count / seconds, unit: "/s", lessIsBetter }];
  };
  const ratio = (name: string, [part, whole]: readonly [string, string], lessIsBetter: boolean): readonly Metric[] => {
    const [a, b] = [counts.get(part), counts.get(whole)];
    return a === undefined || b === undefined || b === 0 ? [] : [{ name, value: a / b, unit: "", lessIsBetter }];
  };
  return [
    ...rate("context-switches", true),
    ...rate("cpu-migrations", true),
    ...rate("page-faults", true),
    ...ratio("instructions per cycle", ["instructions", "cycles"], false),
    ...ratio("cache misses per reference", ["cache-misses", "cache-references"], true),
  ];
}

/** `T: 0 ( 1234) P:95 I:1000 C: 9999 Min: 2 Act: 4 Avg: 3 Max: 41`: microseconds. */
function cyclictestMetrics(text: string): readonly Metric[] {
  const threads = [...text.matchAll(/^T:.*Avg: *(\d+) +Max: *(\d+)/gm)].map(([, average, most]) => ({
    average: Number(average),
    most: Number(most),
  }));
  if (threads.length === 0) return [];
  const mean = threads.reduce((sum, one) => sum + one.average, 0) / threads.length;
  return [
    { name: "wake-up latency, average", value: mean, unit: "µs", lessIsBetter: true },
    {
      name: "wake-up latency, worst",
      value: Math.max(...threads.map((one) => one.most)),
      unit: "µs",
      lessIsBetter: true,
    },
  ];
}

function missMetrics(before: string, after: string): readonly Metric[] {
  const misses = (text: string) =>
    new Map([...text.matchAll(/\/node(\d+)\/numastat:numa_miss (\d+)/g)].map(([, node = "", n]) => [node, Number(n)]));
  const first = misses(before);
  return [...misses(after)].map(([node, count]) => ({
    name: `pages of node ${node} for another`,
    value: count - (first.get(node) ?? count),
    unit: "",
    lessIsBetter: true,
  }));
}

export interface Comparison {
  readonly name: string;
  readonly unit: string;
  readonly before: number;
  readonly after: number;
  readonly verdict: "better" | "worse" | "same" | "differs";
}

/** Within this share of the larger one two measurements are the same. */
const noise = 0.1;

export function compare(before: readonly Metric[], after: readonly Metric[]): readonly Comparison[] {
  const old = new Map(before.map((one) => [one.name, one.value]));
  return after.flatMap(({ name, unit, value, lessIsBetter }): readonly Comparison[] => {
    const was = old.get(name);
    if (was === undefined) return [];
    const same = Math.abs(value - was) <= noise * Math.max(Math.abs(value), Math.abs(was));
    const better = lessIsBetter === null ? "differs" : value < was === lessIsBetter ? "better" : "worse";
    return [{ name, unit, before: was, after: value, verdict: same ? "same" : better }];
  });
}
