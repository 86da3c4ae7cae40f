/*
 * Random trees of sysctl.d: files of one name in several folders, masks, links, patterns, every way to write a key, and
 * lines that are none. Made from a seed alone, so that a failure can be seen again.
 */
export interface Tree {
  /** Path -> text, or the target of a link. */
  readonly files: ReadonlyMap<string, string | { readonly to: string }>;
}

export const folders = ["/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d"] as const;

/** Two devices, one of them with a dot in its name; `tag` takes any number and does nothing. */
export const devices = ["all", "default", "lo", "kt0", "kt0.5"] as const;
export const keys: readonly string[] = [
  ...devices.flatMap((device) => ["tag", "medium_id", "rp_filter"].map((name) => `net/ipv4/conf/${device}/${name}`)),
  "net/ipv4/ip_default_ttl",
  "net/ipv4/tcp_fin_timeout",
];

const names = ["10-a.conf", "50-default.conf", "50-site.conf", "9-x.conf", "99-sysctl.conf", "Zz.conf", "zz-last.conf"];
const ignoredNames = ["README", ".hidden.conf", "50-site.conf~", "50-site.conf.dpkg-old"];
const patterns = [
  "net/ipv4/conf/*/tag",
  "net/ipv4/conf/*/medium_id",
  "net/ipv4/conf/*/rp_filter",
  "net/ipv4/conf/kt*/tag",
  "net/ipv4/conf/kt?/tag",
  "net/ipv4/conf/kt0?5/tag",
  "net/ipv4/conf/[a-l]*/tag",
  "net/ipv4/conf/[!a-l]*/tag",
  "net/*/conf/lo/t[ab]g",
  "net/ipv4/conf/*/[mr]*_*",
  "net/ipv4/*_ttl",
  "net/*/tag",
  "net/ipv4/conf/kt[0/tag",
  "net/ipv4/conf/none*/tag",
];

export function generator(seed: number): Random {
  let state = seed >>> 0;
  // mulberry32
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    below: (limit) => Math.floor(next() * limit),
    chance: (part) => next() < part,
    pick: <T>(from: readonly T[]): T => {
      const found = from[Math.floor(next() * from.length)];
      if (found === undefined) throw new Error("nothing to pick from");
      return found;
    },
  };
}

export interface Random {
  below(limit: number): number;
  chance(part: number): boolean;
  pick<T>(from: readonly T[]): T;
}

export function randomTree(random: Random): Tree {
  const files = new Map<string, string | { readonly to: string }>();
  const count = 1 + random.below(7);
  for (let index = 0; index < count; index += 1) {
    const path = `${random.pick(folders)}/${random.chance(0.93) ? random.pick(names) : random.pick(ignoredNames)}`;
    files.set(path, randomFile(random));
  }
  // What a link of this name brings in is read in its place.
  files.set("/etc/sysctl.conf", randomText(random));
  return { files };
}

function randomFile(random: Random): string | { readonly to: string } {
  if (random.chance(0.12)) return { to: "/dev/null" };
  if (random.chance(0.08)) return { to: random.chance(0.5) ? "../sysctl.conf" : "/etc/sysctl.conf" };
  if (random.chance(0.04)) return { to: "/nowhere" };
  return random.chance(0.05) ? "" : randomText(random);
}

function randomText(random: Random): string {
  const lines = Array.from({ length: 1 + random.below(6) }, () => randomLine(random));
  return lines.join("\n") + (random.chance(0.9) ? "\n" : "");
}

function randomLine(random: Random): string {
  const kind = random.below(20);
  if (kind === 0) return random.pick(["# tag = 1", "; net.ipv4.conf.lo.tag = 99", "  # net.ipv4.conf.lo.tag=98", ""]);
  if (kind === 1) return random.pick(["net.ipv4.conf.lo.tag", "no assignment at all", "= 5", "-"]);
  const path = random.chance(0.35) ? random.pick(patterns) : random.pick(keys);
  const key = spelled(path, random);
  const [before, after, around] = [blanks(random), blanks(random), blanks(random)];
  if (kind <= 3) return `${around}-${before}${key}${after}`;
  const minus = random.chance(0.15) ? `-${blanks(random)}` : "";
  return `${around}${minus}${key}${before}=${after}${randomValue(path, random)}${around}`;
}

const blanks = (random: Random): string => random.pick(["", "", " ", "\t", "  "]);

/** With dots, a slash standing for a dot in a name; with slashes; with more slashes than needed. */
function spelled(path: string, random: Random): string {
  const dotted = path.replaceAll(/[./]/g, (each) => (each === "/" ? "." : "/"));
  return random.pick([dotted, dotted, path, path.replace("/", "//"), `/${path}`]);
}

/**
 * Few values, so that the same one is often given again; some that the kernel refuses, but not for a pattern: what an
 * earlier pattern has written would then stay, which no file tells.
 */
function randomValue(path: string, random: Random): string {
  if (random.chance(0.05) && keys.includes(path)) return random.pick(["", "x", "1=2"]);
  if (path.includes("rp_filter")) return random.pick(["0", "1", "2"]);
  if (/ttl|timeout/.test(path)) return random.pick(["40", "50", "61", "62"]);
  return random.pick(["3", "4", "5", "6", "7"]);
}
