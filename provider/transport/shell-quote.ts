/**
 * The only place where text is quoted for a shell. An SSH server hands the command to the user's login shell, which
 * need not be a POSIX one, so the quoting is what sh, bash, zsh and fish read alike: everything in single quotes, but
 * a quote or a backslash outside of them with a backslash before it (fish reads `\\` within single quotes as `\`).
 * csh agrees except on newlines.
 */
const plain = /^[A-Za-z0-9_/.,:+@-][A-Za-z0-9_/.,:+@=-]*$/;

export function shellQuote(argument: string): string {
  if (argument.includes("\0")) throw new TypeError("an argument of a command cannot hold a NUL character");
  if (plain.test(argument)) return argument;
  if (argument === "") return "''";
  return argument.replaceAll(/[^'\\]+|['\\]/g, (part) => (part === "'" || part === "\\" ? `\\${part}` : `'${part}'`));
}

/**
 * The whole command line. Root's commands get LC_ALL=C, so that their messages can be read by a program; another
 * user's go through sudo, which gets it too, and again behind it, where sudo may have cleared the environment.
 */
export function commandLine(argv: readonly string[], user: string): string {
  const english = ["env", "LC_ALL=C"];
  const prefix = user === "root" ? english : [...english, "sudo", "-n", ...english];
  return [...prefix, ...argv].map(shellQuote).join(" ");
}

const shownCharacters = 200;

/** A command for an error message: one line, cut. */
export function shownCommand(argv: readonly string[]): string {
  const line = argv.map(shellQuote).join(" ").replaceAll(/\s+/g, " ");
  return line.length <= shownCharacters ? line : `${line.slice(0, shownCharacters)}…`;
}
