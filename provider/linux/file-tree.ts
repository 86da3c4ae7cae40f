/**
 * The text files of a host, as they were read in one go, by absolute path. Values keep inner white space; the
 * newline at the end of the last line is dropped. `undefined` = no such file (or not readable).
 */
export interface FileTree {
  readonly text: (path: string) => string | undefined;
  /** Every path that was read and starts with `prefix`, sorted by code unit. */
  readonly paths: (prefix: string) => readonly string[];
}

/** A `FileTree` over a map from path to text. */
export function fileTree(files: ReadonlyMap<string, string>): FileTree {
  const sorted = [...files.keys()].sort();
  return {
    text: (path) => files.get(path),
    paths: (prefix) => sorted.filter((path) => path.startsWith(prefix)),
  };
}
