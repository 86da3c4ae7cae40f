/** A failed expectation of the story: says what was expected and shows what was there. */
export function holds(condition: boolean, expected: string, seen: string): void {
  if (!condition) throw new Error(`expected ${expected}; seen:\n${seen}`);
}

export function shows(output: string, ...texts: readonly string[]): void {
  for (const text of texts) holds(output.includes(text), `the output to hold ${JSON.stringify(text)}`, output);
}

/** The lines of the printed plan are these and no others; a plan line is the only one with an arrow. */
export function plans(output: string, expected: Readonly<Record<string, string>>): void {
  same(planLines(output), Object.fromEntries(Object.entries(expected).sort()), "the printed plan");
}

export function planLines(output: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    mapLines(output)
      .filter(([, text]) => / → .*\[[a-z-]+\]$/.test(text))
      .sort(),
  );
}

/** A printed map holds these lines among others. */
export function names(output: string, expected: Readonly<Record<string, string>>): void {
  const seen = new Set(mapLines(output).map(([name, text]) => `${name}: ${text}`));
  for (const [name, text] of Object.entries(expected))
    holds(seen.has(`${name}: ${text}`), `a line ${name}: "${text}"`, output);
}

/** `+ name : "text"` as the CLI prints the entries of a map. */
function mapLines(output: string): (readonly [string, string])[] {
  return output.split("\n").flatMap((line) => {
    const found = /^[\s+~-]*(\S.*?)\s*: "(.*)"$/.exec(line);
    return found === null ? [] : [[(found[1] ?? "").replaceAll('"', ""), found[2] ?? ""] as const];
  });
}

export function showsNot(output: string, ...texts: readonly string[]): void {
  for (const text of texts) holds(!output.includes(text), `the output not to hold ${JSON.stringify(text)}`, output);
}

export function same(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual, null, 2), JSON.stringify(expected, null, 2)];
  holds(a === b, `${what} to be ${b}`, a);
}
