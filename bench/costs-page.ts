import type { Results } from "./results-schema";
import { budgetTable, floorLine, manyHostsTable, oneHostTable, weightTable } from "./tables";

/** What stands between `<!-- name -->` and `<!-- end -->` is measured: put there anew, the rest of the page stays. */
export function withTables(page: string, { oneHost, manyHosts, budget, weight }: Results): string {
  const texts: Readonly<Record<string, string | undefined>> = {
    "one host": oneHost && `${oneHostTable(oneHost)}\n\n${floorLine(oneHost)}`,
    "many hosts": manyHosts && manyHostsTable(manyHosts),
    "one run": budget && weight && budgetTable(budget, weight),
    weight: weight && manyHosts && weightTable(weight, manyHosts),
  };
  return Object.entries(texts).reduce((text, [name, table]) => {
    const place = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(\n<!-- end -->)`);
    if (!place.test(text)) throw new Error(`the page has no place for: ${name}`);
    return table === undefined
      ? text
      : text.replace(place, (_, begin: string, end: string) => `${begin}\n${table}\n${end}`);
  }, page);
}
