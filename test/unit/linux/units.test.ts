import {
  formatPageSize,
  hugepagesFolder,
  meminfoKiB,
  pageSizeOfFolder,
  parsePageSizeKiB,
  SizeError,
} from "../../../provider/linux/units";

test.each([
  ["2M", 2048],
  ["1G", 1048576],
  ["16K", 16],
  ["64k", 64],
  ["2MiB", 2048],
  ["1 GiB", 1048576],
  ["1048576kB", 1048576],
  ["1048576KiB", 1048576],
  ["16G", 16777216],
  ["1T", 1073741824],
])("reads the page size %j", (text, pageSizeKiB) => {
  expect(parsePageSizeKiB(text)).toBe(pageSizeKiB);
});

test.each([
  "",
  "2",
  "M",
  "0M",
  "3M",
  "-2M",
  "1.5M",
  "2MB",
  "1GB",
  "2X",
  "2M2",
  "toString",
  "1constructor",
  "9999999999999M",
])("refuses the page size %j", (text) => {
  expect(() => parsePageSizeKiB(text)).toThrow(SizeError);
});

test("says how to write a page size", () => {
  expect(() => parsePageSizeKiB("2MB")).toThrow(
    new Error('invalid page size "2MB": write a power of two with K, M or G, for example "2M" or "1G"'),
  );
});

test.each([
  [4, "4K"],
  [64, "64K"],
  [2048, "2M"],
  [32768, "32M"],
  [1048576, "1G"],
  [16777216, "16G"],
])("prints %d KiB as %s, which reads back", (pageSizeKiB, text) => {
  expect(formatPageSize(pageSizeKiB)).toBe(text);
  expect(parsePageSizeKiB(text)).toBe(pageSizeKiB);
});

test.each([0, -4, 3, 1.5, Number.NaN])("refuses to print a page of %p KiB", (pageSizeKiB) => {
  expect(() => formatPageSize(pageSizeKiB)).toThrow(SizeError);
});

test("names and reads the kernel's folders", () => {
  expect(hugepagesFolder(2048)).toBe("hugepages-2048kB");
  expect(pageSizeOfFolder("hugepages-1048576kB")).toBe(1048576);
  expect(pageSizeOfFolder("hugepages-2M")).toBeUndefined();
  expect(pageSizeOfFolder("hugepages-2048kB.old")).toBeUndefined();
});

test("finds a line of meminfo, of the host or of a node", () => {
  const host = "MemTotal:       16384000 kB\nMemFree:         123 kB\nHugepagesize:       2048 kB";
  expect(meminfoKiB(host, "MemTotal")).toBe(16384000);
  expect(meminfoKiB(host, "Hugepagesize")).toBe(2048);
  expect(meminfoKiB("\nNode 1 MemTotal:       33554432 kB\nNode 1 MemFree: 0 kB", "MemFree")).toBe(0);
  expect(meminfoKiB("HugePages_Total:     4", "HugePages_Total")).toBeUndefined();
  expect(meminfoKiB("", "MemTotal")).toBeUndefined();
});
