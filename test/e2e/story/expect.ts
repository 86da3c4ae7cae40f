/** A failed expectation of the story: says what was expected and shows what was there. */
export function holds(condition: boolean, expected: string, seen: string): void {
  if (!condition) throw new Error(`expected ${expected}; seen:\n${seen}`);
}

export function shows(output: string, ...texts: readonly string[]): void {
  for (const text of texts) holds(output.includes(text), `the output to hold ${JSON.stringify(text)}`, output);
}

/** A line of a printed plan or undo map: the name, blanks, and the text. */
export function names(output: string, lines: Readonly<Record<string, string>>): void {
  for (const [setting, text] of Object.entries(lines)) {
    const found = output.split("\n").some((line) => {
      const [name, ...rest] = line.replace(/^[\s+~-]+/, "").split(": ");
      return name?.trim().replaceAll('"', "") === setting && rest.join(": ").includes(`"${text}"`);
    });
    holds(found, `a line ${setting}: "${text}"`, output);
  }
}

export function showsNot(output: string, ...texts: readonly string[]): void {
  for (const text of texts) holds(!output.includes(text), `the output not to hold ${JSON.stringify(text)}`, output);
}

export function same(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual, null, 2), JSON.stringify(expected, null, 2)];
  holds(a === b, `${what} to be ${b}`, a);
}
