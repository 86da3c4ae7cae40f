import { casesOf, type SettingCase } from "./setting-case";

/** What the guest's memory is made of. */
export const memoryCases: readonly SettingCase[] = [
  ...casesOf(
    "memoryBacking.hugepages",
    [
      ["2M", null],
      ["2M", "1G"],
      ["2M", "default"],
    ],
    { fields: { memoryBacking: { hugepages: [{ size: "2048K" }] } } },
  ),
  ...casesOf("memoryBacking.hugepages", [["default", null]], { fields: { memoryBacking: { hugepages: true } } }),
  ...casesOf("memoryBacking.locked", [["yes", null]], {
    fields: { memoryBacking: { locked: true, hardLimitMiB: 8192 } },
    beside: { "memoryBacking.hardLimit": "8388608 KiB" },
  }),
  ...casesOf("memoryBacking.locked", [[null, "yes"]], { fields: { memoryBacking: { locked: false } } }),
  ...casesOf("memoryBacking.nosharepages", [["yes", null]], { fields: { memoryBacking: { nosharepages: true } } }),
  ...casesOf("memoryBacking.nosharepages", [[null, "yes"]], { fields: { memoryBacking: { nosharepages: false } } }),
  ...casesOf(
    "memoryBacking.source",
    [
      ["memfd", null],
      ["memfd", "file"],
    ],
    { fields: { memoryBacking: { source: "memfd" } } },
  ),
  ...casesOf(
    "memoryBacking.access",
    [
      ["shared", null],
      ["shared", "private"],
    ],
    {
      fields: { memoryBacking: { source: "memfd", access: "shared" } },
      beside: { "memoryBacking.source": "memfd" },
    },
  ),
  ...casesOf(
    "memoryBacking.allocation",
    [
      ["immediate", null],
      ["immediate", "ondemand"],
    ],
    { fields: { memoryBacking: { allocation: "immediate" } } },
  ),
  ...casesOf(
    "memoryBacking.hardLimit",
    [
      ["8388608 KiB", null],
      ["8388608 KiB", "6291456 KiB"],
    ],
    { fields: { memoryBacking: { hardLimitMiB: 8192 } }, whileRunning: "live" },
  ),
];
