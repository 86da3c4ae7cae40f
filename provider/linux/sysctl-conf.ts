/**
 * Names of kernel parameters. `vm.swappiness`, `vm/swappiness` and `/proc/sys/vm/swappiness` are one parameter. Where
 * the first separator is a dot, dots part the names and a slash stands for a dot inside a name; where it is a slash,
 * it is the other way round (sysctl.d(5)): `net.ipv4.conf.eth0/100.forwarding` = `net/ipv4/conf/eth0.100/forwarding`.
 */
export const sysctlRoot = "/proc/sys/";

/** A text that does not name a kernel parameter. */
export class SysctlKeyError extends Error {
  override readonly name = "SysctlKeyError";
  constructor(
    readonly key: string,
    readonly reason: string,
  ) {
    super(`invalid sysctl key ${JSON.stringify(key)}: ${reason}. Write for example "vm.swappiness"`);
  }
}

/** The file of a key. Refuses what leaves /proc/sys, patterns, and what a line of sysctl.d cannot hold. */
export function sysctlPath(key: string): string {
  const below = key.startsWith(sysctlRoot) ? key.slice(sysctlRoot.length) : key;
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new SysctlKeyError(key, "blanks and other than ASCII letters are not allowed");
  }
  if (/[*?[\]]/.test(key)) throw new SysctlKeyError(key, "patterns are not allowed: name each parameter");
  if (/[=#;'"`$\\]/.test(key) || key.startsWith("-")) {
    throw new SysctlKeyError(key, "it holds a character that no key has");
  }
  // Also what keeps `..` out: a name of dots cannot be written without two separators together.
  if (/^[./]|[./]$|[./]{2}/.test(below)) throw new SysctlKeyError(key, "there is no name between two separators");
  if (!/[./]/.test(below)) throw new SysctlKeyError(key, "it names no parameter, only a folder of them");
  return sysctlRoot + swapSeparators(below);
}

/** The dotted name of a file under /proc/sys, as sysctl(8) prints it. */
export function sysctlKey(path: string): string {
  const below = path.startsWith(sysctlRoot) ? path.slice(sysctlRoot.length) : path;
  return below.replaceAll(/[./]/g, (separator) => (separator === "/" ? "." : "/"));
}

export function isSysctlKey(key: string): boolean {
  try {
    sysctlPath(key);
    return true;
  } catch (error) {
    if (error instanceof SysctlKeyError) return false;
    throw error;
  }
}

/** One spelling for each key, so that keys compare as texts. */
export function normaliseSysctlKey(key: string): string {
  return sysctlKey(sysctlPath(key));
}

/** The kernel prints lists with tabs and takes any blanks: `4096\t131072` = `4096 131072`. */
export function normaliseSysctlValue(value: string): string {
  return value.trim().replaceAll(/\s+/g, " ");
}

/** sysctl_normalize() of systemd, without the check for sense: also for the patterns of configuration files. */
function swapSeparators(key: string): string {
  const first = /[./]/.exec(key)?.[0];
  const path = first === "." ? key.replaceAll(/[./]/g, (each) => (each === "." ? "/" : ".")) : key;
  return path.replaceAll(/\/{2,}/g, "/").replace(/^\/(?=.)/, "");
}

/**
 * Files of sysctl.d(5), as systemd-sysctl reads them (parse_file() in src/sysctl/sysctl.c; procps reads the same
 * lines): comments start a line with # or ;, `-` before a key means that a failure to set it is no failure, and
 * `-key` without a value takes the key out of what patterns set.
 */
export interface SysctlAssignment {
  readonly file: string;
  readonly line: number;
  /** Below /proc/sys, parted by slashes; may be a pattern. */
  readonly path: string;
  /** Blanks normalised. null: `-key`, which sets nothing. */
  readonly value: string | null;
  readonly mayFail: boolean;
}

export interface SysctlFile {
  readonly assignments: readonly SysctlAssignment[];
  /** Numbers of lines that are none of the above; both tools pass over them with a warning. */
  readonly badLines: readonly number[];
}

export function parseSysctlConf(text: string, file: string): SysctlFile {
  const assignments: SysctlAssignment[] = [];
  const badLines: number[] = [];
  for (const [index, raw] of text.split("\n").entries()) {
    const content = raw.trim();
    if (content === "" || content.startsWith("#") || content.startsWith(";")) continue;
    const assignment = parseLine(content);
    if (assignment === undefined) badLines.push(index + 1);
    else assignments.push({ file, line: index + 1, ...assignment });
  }
  return { assignments, badLines };
}

function parseLine(content: string): Pick<SysctlAssignment, "path" | "value" | "mayFail"> | undefined {
  const equals = content.indexOf("=");
  const mayFail = content.startsWith("-");
  const key = content.slice(mayFail ? 1 : 0, equals < 0 ? undefined : equals).trim();
  if (key === "" || (equals < 0 && !mayFail)) return undefined;
  const value = equals < 0 ? null : normaliseSysctlValue(content.slice(equals + 1));
  return { path: swapSeparators(key), value, mayFail };
}

/** The file that belongs to this package: a name behind all that others use. */
export const ownSysctlFile = "/etc/sysctl.d/zz-kvm-tuning.conf";

const header = `# Written by pulumi-kvm-tuning, which overwrites what is changed here.
# Read at boot by systemd-sysctl; see sysctl.d(5).
`;

/** Sorted by key, so that the same settings are the same bytes. */
export function renderSysctlConf(values: Readonly<Record<string, string>>): string {
  const lines = Object.entries(values).map(([key, value]) => {
    if (/[\n\r\0]/.test(value)) throw new Error(`the value of sysctl ${key} has more than one line`);
    return `${normaliseSysctlKey(key)} = ${normaliseSysctlValue(value)}\n`;
  });
  return header + lines.sort().join("");
}
