/*
 * GRUB's script language, as far as a menu is made of it: words with three kinds of quotes and variables, `if`,
 * blocks of `menuentry` and `submenu`. Functions and loops are read and left out: they set up the screen.
 * Source: GRUB manual, "Shell-like scripting"; grub-core/script/yylex.l.
 */

/** One part of a word: literal text, or a variable. */
export interface Segment {
  readonly text: string;
  readonly variable: boolean;
  readonly quoted: boolean;
}

export type Word = readonly Segment[];

export type Statement =
  | { readonly kind: "command"; readonly words: readonly Word[]; readonly body?: readonly Statement[] }
  | { readonly kind: "if"; readonly branches: readonly Branch[]; readonly otherwise: readonly Statement[] };

export interface Branch {
  readonly condition: readonly Statement[];
  readonly body: readonly Statement[];
}

/** The text is no script that this reader understands. */
export class GrubScriptError extends Error {
  override readonly name = "GrubScriptError";
}

type Token = { readonly end: true } | { readonly end: false; readonly word: Word };

export function parseGrubScript(text: string): readonly Statement[] {
  const reader: Reader = { tokens: tokenise(text), at: 0 };
  const script = readList(reader, []);
  if (reader.at < reader.tokens.length) {
    throw new GrubScriptError(`unexpected ${JSON.stringify(keyword(reader.tokens[reader.at]))}`);
  }
  return script;
}

function tokenise(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === " " || char === "\t" || char === "\r") at++;
    else if (char === "\\" && text.charAt(at + 1) === "\n") at += 2;
    else if (char === "#") at = lineEnd(text, at);
    else if (char === "\n" || char === ";") {
      tokens.push({ end: true });
      at++;
    } else {
      const { word, end } = readWord(text, at);
      tokens.push({ end: false, word });
      at = end;
    }
  }
  return tokens;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

function readWord(text: string, start: number): { readonly word: Word; readonly end: number } {
  const word: Segment[] = [];
  let at = start;
  while (at < text.length && !/[ \t\r\n;]/.test(text.charAt(at))) {
    const char = text.charAt(at);
    if (char === "'") {
      const end = text.indexOf("'", at + 1);
      if (end < 0) throw new GrubScriptError("a single quote is not closed");
      word.push({ text: text.slice(at + 1, end), variable: false, quoted: true });
      at = end + 1;
    } else if (char === '"') {
      at = readDoubleQuoted(text, at + 1, word);
    } else if (char === "\\") {
      if (text.charAt(at + 1) !== "\n") word.push({ text: text.charAt(at + 1), variable: false, quoted: true });
      at += 2;
    } else if (char === "$") {
      at = readVariable(text, at, { word, quoted: false });
    } else {
      const plain = /^[^ \t\r\n;'"\\$]+/.exec(text.slice(at))?.[0] ?? char;
      word.push({ text: plain, variable: false, quoted: false });
      at += plain.length;
    }
  }
  return { word, end: at };
}

/** Returns where the text goes on behind the closing quote. */
function readDoubleQuoted(text: string, start: number, word: Segment[]): number {
  word.push({ text: "", variable: false, quoted: true });
  let at = start;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === '"') return at + 1;
    if (char === "$") {
      at = readVariable(text, at, { word, quoted: true });
      continue;
    }
    const escaped = char === "\\" && /[\\"$\n]/.test(text.charAt(at + 1));
    const literal = escaped ? text.charAt(at + 1).replace("\n", "") : char;
    word.push({ text: literal, variable: false, quoted: true });
    at += escaped ? 2 : 1;
  }
  throw new GrubScriptError("a double quote is not closed");
}

function readVariable(text: string, at: number, to: { readonly word: Segment[]; readonly quoted: boolean }): number {
  const found = /^\$(?:\{([A-Za-z0-9_?@*#]+)\}|([A-Za-z_][A-Za-z0-9_]*|[0-9?@*#]))/.exec(text.slice(at, at + 300));
  if (found === null) {
    to.word.push({ text: "$", variable: false, quoted: to.quoted });
    return at + 1;
  }
  to.word.push({ text: found[1] ?? found[2] ?? "", variable: true, quoted: to.quoted });
  return at + found[0].length;
}

interface Reader {
  readonly tokens: readonly Token[];
  at: number;
}

/** The word, if it can be a keyword: one unquoted piece of text. */
function keyword(token: Token | undefined): string | undefined {
  if (token === undefined || token.end) return undefined;
  const [first, ...more] = token.word;
  return first === undefined || more.length > 0 || first.quoted || first.variable ? undefined : first.text;
}

/** Statements up to, not including, one of `ends`. */
function readList(reader: Reader, ends: readonly string[]): readonly Statement[] {
  const list: Statement[] = [];
  for (;;) {
    const token = reader.tokens[reader.at];
    const word = keyword(token);
    if (token === undefined || (word !== undefined && ends.includes(word))) return list;
    if (word === "}" || word === "fi" || word === "done") return list;
    if (token.end) reader.at++;
    else list.push(...readStatement(reader));
  }
}

function readStatement(reader: Reader): readonly Statement[] {
  switch (keyword(reader.tokens[reader.at]) ?? "") {
    case "if":
      return [readIf(reader)];
    case "function":
      reader.at += 2;
      readBlock(reader);
      return [];
    case "for":
    case "while":
    case "until":
      readList(reader, ["do"]);
      expect(reader, "do");
      readList(reader, ["done"]);
      expect(reader, "done");
      return [];
    default:
      return [readCommand(reader)];
  }
}

function readIf(reader: Reader): Statement {
  const branches: Branch[] = [];
  let otherwise: readonly Statement[] = [];
  do {
    reader.at++;
    const condition = readList(reader, ["then"]);
    expect(reader, "then");
    branches.push({ condition, body: readList(reader, ["elif", "else", "fi"]) });
  } while (keyword(reader.tokens[reader.at]) === "elif");
  if (keyword(reader.tokens[reader.at]) === "else") {
    reader.at++;
    otherwise = readList(reader, ["fi"]);
  }
  expect(reader, "fi");
  return { kind: "if", branches, otherwise };
}

function readCommand(reader: Reader): Statement {
  const words: Word[] = [];
  for (let token = reader.tokens[reader.at]; token !== undefined && !token.end; token = reader.tokens[reader.at]) {
    if (keyword(token) === "{") return { kind: "command", words, body: readBlock(reader) };
    if (keyword(token) === "}") break;
    words.push(token.word);
    reader.at++;
  }
  return { kind: "command", words };
}

function readBlock(reader: Reader): readonly Statement[] {
  expect(reader, "{");
  const body = readList(reader, ["}"]);
  expect(reader, "}");
  return body;
}

function expect(reader: Reader, word: string): void {
  while (reader.tokens[reader.at]?.end === true) reader.at++;
  const found = keyword(reader.tokens[reader.at]);
  if (found !== word) throw new GrubScriptError(`${JSON.stringify(word)} expected, not ${JSON.stringify(found ?? "")}`);
  reader.at++;
}
