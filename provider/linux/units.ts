/**
 * Sizes. Inside the package memory and pages are whole KiB (1024 bytes); texts are made and read here alone. The
 * kernel prints "kB" and means KiB; hugepagesz= takes K, M, G as powers of 1024 (memparse() in lib/cmdline.c); in
 * libvirt's XML "k", "KiB", "M", "MiB" are powers of 1024 too, but "KB", "MB", "GB" are powers of 1000.
 */

const unitsKiB: Readonly<Record<string, number>> = {
  k: 1,
  kb: 1,
  kib: 1,
  m: 1024,
  mib: 1024,
  g: 1024 ** 2,
  gib: 1024 ** 2,
  t: 1024 ** 3,
  tib: 1024 ** 3,
};

/** A size text that cannot be read. */
export class SizeError extends Error {
  override readonly name = "SizeError";
}

/**
 * KiB of a page size as people and tools write it: `2M`, `1G`, `16K`, `2MiB`, `1048576kB`. A page size is a power of
 * two; MB and GB are refused, because libvirt means 1000 by them where people mean 1024.
 */
export function parsePageSizeKiB(text: string): number {
  const match = /^(\d{1,12}) ?([a-z]+)$/i.exec(text.trim());
  const unit = unitsKiB[match?.[2]?.toLowerCase() ?? ""];
  const pageSizeKiB = Number(match?.[1] ?? "0") * (unit ?? 0);
  if (unit === undefined || !isPageSize(pageSizeKiB)) {
    throw new SizeError(
      `invalid page size ${JSON.stringify(text)}: write a power of two with K, M or G, for example "2M" or "1G"`,
    );
  }
  return pageSizeKiB;
}

/** The short form, as hugepagesz= takes it: `64K`, `2M`, `1G`. */
export function formatPageSize(pageSizeKiB: number): string {
  if (!isPageSize(pageSizeKiB)) throw new SizeError(`invalid page size ${pageSizeKiB} KiB: not a power of two`);
  if (pageSizeKiB % 1024 ** 2 === 0) return `${pageSizeKiB / 1024 ** 2}G`;
  if (pageSizeKiB % 1024 === 0) return `${pageSizeKiB / 1024}M`;
  return `${pageSizeKiB}K`;
}

function isPageSize(pageSizeKiB: number): boolean {
  return Number.isSafeInteger(pageSizeKiB) && pageSizeKiB > 0 && Number.isInteger(Math.log2(pageSizeKiB));
}

/** The kernel's folder of a page size, under /sys/kernel/mm/hugepages and each node's hugepages folder. */
export function hugepagesFolder(pageSizeKiB: number): string {
  return `hugepages-${pageSizeKiB}kB`;
}

/** The page size of such a folder's name; undefined if it is another name. */
export function pageSizeOfFolder(name: string): number | undefined {
  const digits = /^hugepages-(\d{1,12})kB$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The value in KiB of a line `<key>: <number> kB` of /proc/meminfo or of a node's meminfo; undefined if not there. */
export function meminfoKiB(meminfo: string, key: string): number | undefined {
  for (const line of meminfo.split("\n")) {
    const match = /^(?:Node \d+ )?(\S+):\s+(\d+) kB$/.exec(line.trim());
    if (match?.[1] === key) return Number(match[2]);
  }
  return undefined;
}
