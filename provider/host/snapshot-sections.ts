/** The snapshot script's output cut into its sections: the lines of each, by name. */
export type Sections = ReadonlyMap<string, readonly string[]>;

/** Throws when the output does not go from the first section to `done`. */
export function cutSections(stdout: string, nonce: string): Sections {
  const sections = new Map<string, string[]>();
  let current: string[] | undefined;
  const mark = `@${nonce} `;
  for (const line of stdout.split("\n")) {
    if (line.startsWith(mark)) {
      current = [];
      sections.set(line.slice(mark.length), current);
    } else current?.push(line);
  }
  if (!sections.has("kernel")) throw new Error(`the host's answer does not hold the snapshot (${described(stdout)})`);
  if (!sections.has("done")) {
    const last = [...sections.keys()].at(-1) ?? "";
    throw new Error(`the host's answer was cut off in section "${last}" after ${stdout.length} characters; run again`);
  }
  return sections;
}

function described(stdout: string): string {
  const text = stdout.trim();
  return text === "" ? "it is empty" : `it starts with ${JSON.stringify(text.slice(0, 80))}`;
}

export function section(sections: Sections, name: string): readonly string[] {
  return (sections.get(name) ?? []).filter((line) => line !== "");
}

/** `name:line` where the name, made by the kernel, holds no colon. */
export function filesByFirstColon(lines: readonly string[]): Map<string, string> {
  const files = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    append(files, { name: line.slice(0, colon), text: line.slice(colon + 1) });
  }
  return files;
}

/**
 * `name:line` for names that may hold colons. The lines come in the order of the names, each file's together: a line
 * belongs to the same file as the one before or to a later one; where two names fit, to the longer. Files without a
 * line are kept, as "".
 */
export function filesByName(names: readonly string[], lines: readonly string[]): Map<string, string> {
  const order = new Map(names.map((name, index) => [name, index]));
  const files = new Map<string, string>();
  let last = 0;
  for (const line of lines) {
    let found: string | undefined;
    for (let colon = line.indexOf(":"); colon >= 0; colon = line.indexOf(":", colon + 1)) {
      const name = line.slice(0, colon);
      if ((order.get(name) ?? -1) >= last) found = name;
    }
    if (found === undefined) continue;
    last = order.get(found) ?? last;
    append(files, { name: found, text: line.slice(found.length + 1) });
  }
  for (const name of names) if (!files.has(name)) files.set(name, "");
  return files;
}

function append(files: Map<string, string>, { name, text }: { name: string; text: string }): void {
  const before = files.get(name);
  files.set(name, before === undefined ? text : `${before}\n${text}`);
}
