/**
 * GRUB's environment block (/boot/grub/grubenv): a signature line, then `name=value` lines in which a backslash takes
 * the next character as it is, then `#` up to 1024 bytes. Source: lib/envblk.c of GRUB; grub-editenv(1).
 */
export type GrubEnvironment = ReadonlyMap<string, string>;

const signature = "# GRUB Environment Block\n";

/** undefined: no block that GRUB would read. */
export function parseGrubEnvironment(text: string): GrubEnvironment | undefined {
  if (!text.startsWith(signature)) return undefined;
  const variables = new Map<string, string>();
  let at = signature.length;
  while (at < text.length) {
    const { line, end } = readLine(text, at);
    const equals = line.indexOf("=");
    if (!line.startsWith("#") && equals > 0) variables.set(line.slice(0, equals), unescape(line.slice(equals + 1)));
    at = end + 1;
  }
  return variables;
}

/** A backslash before the line end belongs to the value. */
function readLine(text: string, start: number): { readonly line: string; readonly end: number } {
  let end = start;
  while (end < text.length && text.charAt(end) !== "\n") end += text.charAt(end) === "\\" ? 2 : 1;
  return { line: text.slice(start, Math.min(end, text.length)), end };
}

const unescape = (value: string): string => value.replaceAll(/\\([\s\S])/g, "$1");
