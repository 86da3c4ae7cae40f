import { canonicalSet, kibText } from "../facts";
import { formatPageSize } from "../../linux/units";
import type { XmlElement } from "./tree";

/*
 * Sizes in domain XML (virParseScaledValue and virDomainParseMemory in libvirt): a number and a unit, KiB if none is
 * given. k, M, G and KiB, MiB, GiB are powers of 1024, KB, MB, GB are powers of 1000; what is no whole KiB is rounded up.
 */
const bytesOf: Readonly<Record<string, bigint>> = {
  b: 1n,
  byte: 1n,
  bytes: 1n,
  ...scaled("k", 1n),
  ...scaled("m", 2n),
  ...scaled("g", 3n),
  ...scaled("t", 4n),
  ...scaled("p", 5n),
  ...scaled("e", 6n),
};

function scaled(letter: string, power: bigint): Readonly<Record<string, bigint>> {
  return { [letter]: 1024n ** power, [`${letter}ib`]: 1024n ** power, [`${letter}b`]: 1000n ** power };
}

/** KiB; undefined for what libvirt would refuse. */
export function kibIn(text: string | undefined, unit: string | undefined): bigint | undefined {
  const digits = /^\s*(\d{1,20})\s*$/.exec(text ?? "")?.[1];
  const bytes = bytesOf[(unit ?? "KiB").toLowerCase()];
  return digits === undefined || bytes === undefined ? undefined : (BigInt(digits) * bytes + 1023n) / 1024n;
}

/** The number that means `kib` in the unit that stands there, or in KiB if that one does not divide it. */
export function sizeIn(kib: bigint, unit: string | undefined): { readonly number: string; readonly unit: string } {
  const bytes = bytesOf[(unit ?? "KiB").toLowerCase()];
  const whole = unit !== undefined && bytes !== undefined && bytes >= 1024n && (kib * 1024n) % bytes === 0n;
  return whole ? { number: String((kib * 1024n) / bytes), unit } : { number: String(kib), unit: "KiB" };
}

/** `<memory unit='GiB'>4</memory>` in KiB. */
export function textKiB(element: XmlElement | undefined): bigint | undefined {
  return element === undefined ? undefined : kibIn(element.text, element.attributes.get("unit"));
}

/** `1G`, or KiB in words for what is no page size. */
export function pageText(kib: bigint): string {
  try {
    return formatPageSize(Number(kib));
  } catch {
    return kibText(kib);
  }
}

/**
 * `<hugepages>` as one text: `default`, or its pages by size and guest cells: `1G cells 0, 2M cells 1`. `guestCells`: the
 * guest has some. Where it has none, libvirt drops the mention of cell 0 (virDomainDefPostParseMemtune).
 */
export function hugepagesText(hugepages: XmlElement, { guestCells }: { readonly guestCells: boolean }): string {
  const pages = hugepages.children
    .filter(({ name }) => name === "page")
    .map(({ attributes }) => {
      const size = pageText(kibIn(attributes.get("size"), attributes.get("unit")) ?? 0n);
      const cells = canonicalSet(attributes.get("nodeset") ?? "");
      return cells === "" || (cells === "0" && !guestCells) ? size : `${size} cells ${cells}`;
    });
  return pages.length === 0 ? "default" : pages.sort().join(", ");
}
