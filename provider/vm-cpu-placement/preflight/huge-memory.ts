import { parsePageSizeKiB, SizeError } from "../../linux/units";
import type { Facts } from "../facts";
import { readSet } from "./judged";
import { regionsOf, type Region } from "./regions";

/** Memory of a domain that lies on huge pages of one size. */
export interface HugeMemory {
  readonly pageKiB: number;
  /** A region of mode preferred may take its pages anywhere. */
  readonly regions: readonly Region[];
}

/**
 * By page size, in the order in which the setting names them. An entry without cells is for all that no other entry
 * names; what no entry covers lies on ordinary pages.
 */
export function hugeMemory(facts: Facts, defaultPageKiB: number | undefined): readonly HugeMemory[] {
  const text = facts.get("memoryBacking.hugepages");
  if (text === undefined) return [];
  const entries = entriesOf(text, defaultPageKiB);
  const rest = entries.find(({ cells }) => cells === undefined)?.pageKiB;
  const pageOf = ({ cell }: Region): number | undefined =>
    entries.find(({ cells }) => cell !== undefined && cells?.has(cell) === true)?.pageKiB ?? rest;
  const regions = regionsOf(facts).map((region) => (region.mode === "preferred" ? anywhere(region) : region));
  return [...new Set(entries.flatMap(({ pageKiB }) => pageKiB ?? []))].flatMap((pageKiB) => {
    const own = regions.filter((region) => pageOf(region) === pageKiB);
    return own.length === 0 ? [] : [{ pageKiB, regions: own }];
  });
}

const anywhere = (region: Region): Region => ({ ...region, nodeset: undefined });

/** Of `default`, or `1G cells 0,2, 2M cells 1`. */
function entriesOf(text: string, defaultPageKiB: number | undefined) {
  return text.split(", ").map((entry) => {
    const [size = "", cells] = entry.split(" cells ");
    return {
      pageKiB: size === "default" ? defaultPageKiB : pageSize(size),
      cells: cells === undefined ? undefined : readSet(cells),
    };
  });
}

function pageSize(text: string): number | undefined {
  try {
    return parsePageSizeKiB(text);
  } catch (error) {
    if (!(error instanceof SizeError)) throw error;
    return undefined;
  }
}
