import { kibText } from "../facts";
import { childrenOf, type Cell } from "./parts";
import { hugepagesText, kibIn, textKiB } from "./sizes";
import { childrenNamed, type XmlElement } from "./tree";

type Found = readonly (readonly [setting: string, value: string])[];

/** How much memory, of what pages, and whether it may move. */
export function memoryFacts(domain: XmlElement, cells: readonly Cell[]): Found {
  const memory = memoryKiB(domain, cells);
  const current = textKiB(childrenNamed(domain, "currentMemory").at(0));
  const hugepages = childrenOf(domain, "memoryBacking", "hugepages").at(0);
  // libvirt gives a guest that can be given more memory a cell.
  const guestCells = cells.length > 0 || childrenNamed(domain, "maxMemory").length > 0;
  const present = (name: string): Found =>
    childrenOf(domain, "memoryBacking", name).length > 0 ? [[`memoryBacking.${name}`, "yes"]] : [];
  const attribute = (name: string, key: string): Found => {
    const value = childrenOf(domain, "memoryBacking", name).at(0)?.attributes.get(key);
    return value === undefined ? [] : [[`memoryBacking.${name}`, value]];
  };
  return [
    ...(memory === undefined ? [] : [["memory", kibText(memory)] as const]),
    // More than there is, or 0, means all.
    ...(memory !== undefined && current !== undefined && current > 0n && current < memory
      ? [["currentMemory", kibText(current)] as const]
      : []),
    ...(hugepages === undefined
      ? []
      : [["memoryBacking.hugepages", hugepagesText(hugepages, { guestCells })] as const]),
    ...present("locked"),
    ...present("nosharepages"),
    ...attribute("source", "type"),
    ...attribute("access", "mode"),
    ...attribute("allocation", "mode"),
    ...hardLimit(domain),
  ];
}

/** libvirt's word for "no limit", and all above it (VIR_DOMAIN_MEMORY_PARAM_UNLIMITED). */
const unlimitedKiB = 9007199254740991n;

function hardLimit(domain: XmlElement): Found {
  const kib = textKiB(childrenOf(domain, "memtune", "hard_limit").at(0));
  return kib === undefined || kib === 0n || kib >= unlimitedKiB ? [] : [["memoryBacking.hardLimit", kibText(kib)]];
}

/**
 * With guest cells the sum of them and of memory modules counts, whatever `<memory>` says. How much there
 * is of memory that can be added to while the domain runs is libvirt's to say: it rounds it by the architecture's rules.
 */
function memoryKiB(domain: XmlElement, cells: readonly Cell[]): bigint | undefined {
  if (childrenNamed(domain, "maxMemory").length > 0) return undefined;
  const sizes = cells.map(({ element: { attributes } }) => kibIn(attributes.get("memory"), attributes.get("unit")));
  const known = sizes.filter((kib) => kib !== undefined);
  if (known.length === 0 || known.length < sizes.length) return textKiB(childrenNamed(domain, "memory").at(0));
  return known.reduce((sum, kib) => sum + kib, 0n) + devicesKiB(domain);
}

/** Memory modules: part of `<memory>`, beside the cells. */
export function devicesKiB(domain: XmlElement): bigint {
  return childrenOf(domain, "devices", "memory")
    .map((device) =>
      childrenNamed(device, "target")
        .flatMap((target) => childrenNamed(target, "size"))
        .at(0),
    )
    .reduce((sum, size) => sum + (textKiB(size) ?? 0n), 0n);
}
