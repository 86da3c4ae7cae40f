/** One body of recorded data with answers. A new one is a file beside this and a line in main.ts. */
export interface Corpus {
  readonly name: string;
  /** File below the data folder; a name ending in .tar.gz is unpacked. */
  readonly source: string;
  /** `path`: the source file, or the folder that the archive held. */
  run(path: string): Promise<readonly CaseResult[]>;
}

export interface CaseResult {
  readonly case: string;
  /** What is wrong; none = passed. */
  readonly problems: readonly string[];
}

/** What `got` has instead of `want`, if they differ as JSON. */
export function difference(what: string, got: unknown, want: unknown): readonly string[] {
  const [left, right] = [JSON.stringify(got), JSON.stringify(want)];
  return left === right ? [] : [`${what}: got ${cut(left)}, expected ${cut(right)}`];
}

function cut(text: string | undefined): string {
  if (text === undefined) return "nothing";
  return text.length <= 300 ? text : `${text.slice(0, 300)}…`;
}
