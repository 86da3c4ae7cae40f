/**
 * The kernel's command line as a list of arguments, split as the kernel splits it (next_arg() in lib/cmdline.c and
 * parse_args() in kernel/params.c): double quotes keep blanks together and cannot be escaped, single quotes mean
 * nothing, `-` and `_` are the same in a name, and what follows a bare `--` is for init. The operations change the
 * arguments of one key and leave every other argument as it was written.
 */
export interface KernelArgument {
  readonly key: string;
  /** null: the argument has no `=`. */
  readonly value: string | null;
  /** As written, quotes included. */
  readonly text: string;
  /** It stands behind `--`: the kernel does not read it. The `--` itself is not for init. */
  readonly forInit: boolean;
}

/** A key or value that a command line cannot hold. */
export class KernelArgumentError extends Error {
  override readonly name = "KernelArgumentError";
}

/** isspace() of the kernel: lib/ctype.c, which is Latin-1. */
const blank = /[\t-\r \u00a0]/;

export function parseKernelLine(line: string): readonly KernelArgument[] {
  const found: KernelArgument[] = [];
  let forInit = false;
  let at = skipBlanks(line, 0);
  while (at < line.length) {
    const { end, ...argument } = nextArgument(line, at);
    found.push({ ...argument, forInit });
    if (argument.key === "--" && argument.value === null) forInit = true;
    at = skipBlanks(line, end);
  }
  return found;
}

export function printKernelLine(line: readonly KernelArgument[]): string {
  return line.map((argument) => argument.text).join(" ");
}

function skipBlanks(line: string, start: number): number {
  let at = start;
  while (at < line.length && blank.test(line.charAt(at))) at++;
  return at;
}

/** next_arg(), with its oddities: an `=` at the very start is part of the name, a quote opens anywhere. */
function nextArgument(line: string, at: number): Omit<KernelArgument, "forInit"> & { readonly end: number } {
  const quoted = line.charAt(at) === '"';
  const start = quoted ? at + 1 : at;
  const { end, equals } = scanArgument(line, start, quoted);
  const text = line.slice(at, end);
  const closed = end > start && line.charAt(end - 1) === '"';
  if (equals === undefined) return { key: line.slice(start, quoted && closed ? end - 1 : end), value: null, text, end };
  const opens = line.charAt(equals + 1) === '"';
  const from = opens ? equals + 2 : equals + 1;
  const to = closed && (opens || quoted) ? end - 1 : end;
  return { key: line.slice(start, equals), value: line.slice(from, Math.max(from, to)), text, end };
}

function scanArgument(line: string, start: number, quoted: boolean): { end: number; equals: number | undefined } {
  let inQuotes = quoted;
  let equals: number | undefined;
  let end = start;
  for (; end < line.length; end++) {
    const char = line.charAt(end);
    if (blank.test(char) && !inQuotes) break;
    if (char === "=" && end > start) equals ??= end;
    if (char === '"') inQuotes = !inQuotes;
  }
  return { end, equals };
}

/** Names are equal if they differ in `-` and `_` only, module parameters (`kvm-intel.nested`) included. */
export function sameParameter(left: string, right: string): boolean {
  return canonicalKey(left) === canonicalKey(right);
}

export const canonicalKey = (key: string): string => key.replaceAll("-", "_");

/** Every value of `key` that the kernel sees, in order. */
export function kernelValues(line: readonly KernelArgument[], key: string): readonly (string | null)[] {
  return line.filter((argument) => isOf(argument, key)).map((argument) => argument.value);
}

/**
 * `key` with exactly these values, in their order, where its first argument stands; an absent key is added at the end
 * of what the kernel reads. No values: removed.
 */
export function setKernelValues(
  line: readonly KernelArgument[],
  key: string,
  values: readonly (string | null)[],
): readonly KernelArgument[] {
  const added = values.map((value) => kernelArgument(key, value));
  const first = line.findIndex((argument) => isOf(argument, key));
  const init = line.findIndex((argument) => argument.key === "--" && argument.value === null);
  const place = first >= 0 ? first : init >= 0 ? init : line.length;
  const rest = (part: readonly KernelArgument[]) => part.filter((argument) => !isOf(argument, key));
  return [...rest(line.slice(0, place)), ...added, ...rest(line.slice(place))];
}

export function removeKernelKeys(line: readonly KernelArgument[], keys: readonly string[]): readonly KernelArgument[] {
  return line.filter((argument) => !keys.some((key) => isOf(argument, key)));
}

const isOf = (argument: KernelArgument, key: string): boolean => !argument.forInit && sameParameter(argument.key, key);

/** An argument that the kernel splits into this key and value again. */
export function kernelArgument(key: string, value: string | null): KernelArgument {
  return { key, value, text: formatKernelArgument(key, value), forInit: false };
}

export function formatKernelArgument(key: string, value: string | null): string {
  if (!isKernelKey(key)) throw new KernelArgumentError(`${JSON.stringify(key)} is no name of a kernel parameter`);
  if (value === null) return key;
  const text = JSON.stringify(value);
  if (/[^\x20-\x7e]/.test(value)) {
    throw new KernelArgumentError(`${key}=${text}: a kernel argument is one line of printable ASCII`);
  }
  if (value.includes('"')) {
    throw new KernelArgumentError(`${key}=${text}: a kernel argument cannot hold a double quote`);
  }
  return value.includes(" ") ? `${key}="${value}"` : `${key}=${value}`;
}

/** Names of parameters, with a module's name before a dot: what the kernel's own names consist of. */
export function isKernelKey(key: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.,:-]*$/.test(key);
}
