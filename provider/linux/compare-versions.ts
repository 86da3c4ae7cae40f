/**
 * Versions as RPM compares them: runs of digits as numbers, runs of letters as text, digits above letters, `~` before
 * everything, `^` before all but the end; other characters only separate. Source: rpm-version(7); rpmio/rpmvercmp.c.
 */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [parts(left), parts(right)];
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const order = compareParts(a[index], b[index]);
    if (order !== 0) return order;
  }
  return 0;
}

const parts = (version: string): readonly string[] => version.match(/\d+|[A-Za-z]+|[~^]/g) ?? [];

function compareParts(left: string | undefined, right: string | undefined): number {
  if (left === right) return 0;
  if (left === "~" || right === "~") return left === "~" ? -1 : 1;
  if (left === undefined || right === undefined) return left === undefined ? -1 : 1;
  if (left === "^" || right === "^") return left === "^" ? -1 : 1;
  const [a, b] = [/^\d/.test(left), /^\d/.test(right)];
  if (a !== b) return a ? 1 : -1;
  if (!a) return left < right ? -1 : 1;
  const [short, long] = [left.replace(/^0+/, ""), right.replace(/^0+/, "")];
  return short.length - long.length || (short < long ? -1 : short > long ? 1 : 0);
}
