/**
 * Versions as systemd-boot orders entries by them: `~` before everything, then the end, `-`, `^` and `.`; runs of digits as
 * numbers, runs of letters as text, letters below digits; other characters only separate.
 * Source: the Version Format Specification (uapi-group.org); strverscmp_improved() of systemd.
 */
export function compareVersionFormat(left: string, right: string): number {
  let [a, b] = [left, right];
  for (;;) {
    [a, b] = [withoutSeparators(a), withoutSeparators(b)];
    if (a === "" && b === "") return 0;
    const mark = marks.find((one) => leads(one, a) || leads(one, b));
    if (mark !== undefined) {
      const order = Number(!leads(mark, a)) - Number(!leads(mark, b));
      if (order !== 0) return order;
      if (mark !== END) [a, b] = [a.slice(1), b.slice(1)];
      continue;
    }
    const numeric = /^\d/.test(a) || /^\d/.test(b);
    const run = numeric ? /^\d*/ : /^[A-Za-z]*/;
    const [mine, other] = [run.exec(a)?.[0] ?? "", run.exec(b)?.[0] ?? ""];
    const order = (numeric ? compareNumbers : compareTexts)(mine, other);
    if (order !== 0) return order;
    [a, b] = [a.slice(mine.length), b.slice(other.length)];
  }
}

const END = "";
const marks = ["~", END, "-", "^", "."] as const;

const leads = (mark: string, text: string): boolean => (mark === END ? text === "" : text.startsWith(mark));

const withoutSeparators = (text: string): string => text.replace(/^[^A-Za-z0-9~^.-]+/, "");

function compareNumbers(left: string, right: string): number {
  const [a, b] = [left.replace(/^0+/, ""), right.replace(/^0+/, "")];
  return a.length - b.length || compareTexts(a, b);
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
