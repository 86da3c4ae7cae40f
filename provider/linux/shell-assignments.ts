/*
 * Assignments of a shell fragment such as /etc/default/grub, in order, with their lines. Nothing is run: a value that
 * is made of literal text and of variables assigned before is known, any other is not. An assignment inside `if`,
 * `case`, a loop or a function may or may not happen: its value is not known either.
 * Source: POSIX Shell Command Language, 2.2 (quoting), 2.9.1 (simple commands).
 */
export interface ShellAssignment {
  readonly name: string;
  /** undefined: only a shell could tell. */
  readonly value: string | undefined;
  /** The value as written. */
  readonly raw: string;
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
}

export interface ShellFile {
  readonly path: string;
  readonly text: string;
}

/** The files are read one after the other, as `.` does, so that a later one sees the variables of an earlier one. */
export function shellAssignments(files: readonly ShellFile[]): readonly ShellAssignment[] {
  const variables = new Map<string, string | undefined>();
  return files.flatMap((file) => readFile(file, variables));
}

/** The assignment that holds after all files. */
export function lastAssignment(all: readonly ShellAssignment[], name: string): ShellAssignment | undefined {
  return all.findLast((one) => one.name === name);
}

interface Piece {
  readonly text: string;
  readonly line: number;
}

type Variables = Map<string, string | undefined>;

const openers = new Set(["if", "case", "for", "while", "until", "{", "("]);
const closers = new Set(["fi", "esac", "done", "}", ")"]);
const joiners = new Set(["then", "do", "else", "elif", "in", "export", "readonly", "&&", "||"]);

function readFile(file: ShellFile, variables: Variables): readonly ShellAssignment[] {
  const found: ShellAssignment[] = [];
  let depth = 0;
  for (const statement of statements(file.text)) {
    const words = [...statement];
    // `name() {` opens a function.
    if (words[1]?.text === "(" && words[2]?.text === ")") words.splice(0, 3);
    let maybe = false;
    for (let word = words[0]; word !== undefined; word = words[0]) {
      if (openers.has(word.text)) depth++;
      else if (closers.has(word.text)) depth = Math.max(0, depth - 1);
      else if (!joiners.has(word.text)) break;
      maybe ||= word.text === "&&" || word.text === "||";
      words.shift();
    }
    // `A=1 command` sets A for the command alone.
    if (words.some((word) => !isAssignment(word.text))) continue;
    for (const word of words) {
      const name = word.text.slice(0, word.text.indexOf("="));
      const raw = word.text.slice(name.length + 1);
      const value = depth > 0 || maybe ? undefined : evaluate(raw, variables);
      variables.set(name, value);
      found.push({ name, value, raw, file: file.path, line: word.line });
    }
  }
  return found;
}

const isAssignment = (text: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*=/.test(text);

/** Words between separators; `&&` and `||` begin the statement that they lead to. */
function statements(text: string): readonly (readonly Piece[])[] {
  const all: Piece[][] = [[]];
  let [at, line] = [0, 1];
  while (at < text.length) {
    const rest = text.slice(at, at + 2);
    if (rest === "\\\n") [at, line] = [at + 2, line + 1];
    else if (/^[ \t]/.test(rest)) at++;
    else if (rest.startsWith("#")) at = until(text, at, "\n");
    else if (/^[\n;&|]/.test(rest)) {
      if (rest.startsWith("\n")) line++;
      const pair = rest === "&&" || rest === "||";
      all.push(pair ? [{ text: rest, line }] : []);
      at += pair ? 2 : 1;
    } else {
      const end = wordEnd(text, at);
      all.at(-1)?.push({ text: text.slice(at, end), line });
      line += text.slice(at, end).split("\n").length - 1;
      at = end;
    }
  }
  return all.filter((words) => words.length > 0);
}

function until(text: string, at: number, char: string): number {
  const end = text.indexOf(char, at);
  return end < 0 ? text.length : end;
}

/** The end of the word at `at`: quotes and substitutions belong to it as wholes. */
function wordEnd(text: string, start: number): number {
  if (/[()]/.test(text.charAt(start))) return start + 1;
  let at = start;
  while (at < text.length && !/[ \t\n;&|()]/.test(text.charAt(at))) at = partEnd(text, at);
  return at;
}

function partEnd(text: string, at: number): number {
  const two = text.slice(at, at + 2);
  if (two.startsWith("\\")) return Math.min(at + 2, text.length);
  if (two.startsWith("'") || two.startsWith("`")) return Math.min(until(text, at + 1, two.charAt(0)) + 1, text.length);
  if (two === "$(") return closing(text, at + 2, ")");
  if (two === "${") return closing(text, at + 2, "}");
  if (two.startsWith('"')) return closing(text, at + 1, '"');
  return at + 1;
}

function closing(text: string, start: number, end: string): number {
  let at = start;
  while (at < text.length && text.charAt(at) !== end) {
    const plainQuote = end === '"' && text.charAt(at) === "'";
    const group = text.charAt(at) === "(" && end === ")";
    at = plainQuote ? at + 1 : group ? closing(text, at + 1, ")") : partEnd(text, at);
  }
  return Math.min(at + 1, text.length);
}

/** Quote removal and plain variables; undefined for whatever needs a shell. */
function evaluate(word: string, variables: Variables): string | undefined {
  let value = "";
  for (let at = 0; at < word.length;) {
    const end = partEnd(word, at);
    const part = word.slice(at, end);
    const more = part.startsWith('"') ? evaluateQuoted(part.slice(1, -1), variables) : plain(word, at, variables);
    if (more === undefined) return undefined;
    value += more.text;
    at = part.startsWith('"') ? end : Math.max(end, at + more.length);
  }
  return value;
}

interface Evaluated {
  readonly text: string;
  readonly length: number;
}

function plain(word: string, at: number, variables: Variables): Evaluated | undefined {
  const char = word.charAt(at);
  if (char === "'") {
    const end = partEnd(word, at);
    return { text: word.slice(at + 1, end - 1), length: end - at };
  }
  if (char === "\\") return { text: word.charAt(at + 1).replace("\n", ""), length: 2 };
  if (char === "$") return variable(word.slice(at), variables);
  return char === "`" ? undefined : { text: char, length: 1 };
}

function variable(text: string, variables: Variables): Evaluated | undefined {
  const found = /^\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))/.exec(text);
  const name = found?.[1] ?? found?.[2];
  if (found === null || name === undefined)
    return /^\$[^A-Za-z0-9_{(@*#?$!-]/.test(text) || text === "$" ? { text: "$", length: 1 } : undefined;
  // A variable that nobody has set here may come from the environment.
  const value = variables.get(name);
  if (value !== undefined) return { text: value, length: found[0].length };
  return variables.has(name) || !name.startsWith("GRUB_CMDLINE_LINUX")
    ? undefined
    : { text: "", length: found[0].length };
}

function evaluateQuoted(text: string, variables: Variables): Evaluated | undefined {
  let value = "";
  for (let at = 0; at < text.length;) {
    const char = text.charAt(at);
    const escaped = char === "\\" && /[$`"\\\n]/.test(text.charAt(at + 1));
    const more: Evaluated | undefined = escaped
      ? { text: text.charAt(at + 1).replace("\n", ""), length: 2 }
      : char === "$"
        ? variable(text.slice(at), variables)
        : char === "`"
          ? undefined
          : { text: char, length: 1 };
    if (more === undefined) return undefined;
    value += more.text;
    at += more.length;
  }
  return { text: value, length: text.length };
}
