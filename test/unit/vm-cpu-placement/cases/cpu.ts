import { casesOf, type SettingCase } from "./setting-case";

const model = "Skylake-Server-IBRS";
const custom = { "cpu.mode": "custom", "cpu.model": model };

/** The CPU that the guest sees. */
export const cpuCases: readonly SettingCase[] = [
  ...casesOf(
    "cpu.mode",
    [
      ["host-passthrough", null],
      ["host-passthrough", "host-model"],
      ["host-passthrough", "maximum"],
    ],
    { fields: { cpu: { mode: "host-passthrough" } } },
  ),
  ...casesOf("cpu.mode", [["maximum", "host-passthrough"]], { fields: { cpu: { mode: "maximum" } } }),
  ...casesOf(
    "cpu.mode",
    [
      ["host-model", null],
      ["host-model", "host-passthrough"],
    ],
    { fields: { cpu: { mode: "host-model" } } },
  ),
  ...casesOf("cpu.mode", [["custom", "host-passthrough"]], {
    fields: { cpu: { model } },
    beside: { "cpu.model": model },
  }),
  ...casesOf(
    "cpu.model",
    [
      [model, null],
      [model, "Haswell-noTSX"],
    ],
    { fields: { cpu: { mode: "custom", model } }, beside: { "cpu.mode": "custom" } },
  ),
  ...casesOf("cpu.model", [[null, "Haswell-noTSX"]], {
    fields: { cpu: { mode: "host-passthrough" } },
    beside: { "cpu.mode": "host-passthrough" },
  }),
  // A vendor is not asked for, but goes with the model that it is of.
  ...casesOf("cpu.vendor", [[null, "Intel"]], {
    fields: { cpu: { mode: "host-passthrough" } },
    beside: { "cpu.mode": "host-passthrough" },
    whileRunning: "untold",
  }),
  ...casesOf(
    "cpu.match",
    [
      ["strict", null],
      ["strict", "minimum"],
    ],
    { fields: { cpu: { model, match: "strict" } }, beside: custom, whileRunning: "untold" },
  ),
  ...casesOf("cpu.match", [[null, "minimum"]], {
    fields: { cpu: { model, match: "exact" } },
    beside: custom,
    whileRunning: "untold",
  }),
  ...casesOf(
    "cpu.check",
    [
      ["full", null],
      ["full", "none"],
    ],
    { fields: { cpu: { model, check: "full" } }, beside: custom, whileRunning: "untold" },
  ),
  ...casesOf("cpu.check", [[null, "full"]], {
    fields: { cpu: { model, check: "partial" } },
    beside: custom,
    whileRunning: "untold",
  }),
  ...casesOf("cpu.fallback", [["forbid", null]], {
    fields: { cpu: { model, fallback: "forbid" } },
    beside: custom,
    whileRunning: "untold",
  }),
  ...casesOf("cpu.fallback", [[null, "forbid"]], {
    fields: { cpu: { model, fallback: "allow" } },
    beside: custom,
    whileRunning: "untold",
  }),
  // Without a model libvirt takes no vendor.
  ...casesOf("cpu.vendor", [[null, "Intel"]], {
    fields: { cpu: { mode: "host-passthrough" } },
    beside: { "cpu.mode": "host-passthrough" },
    whileRunning: "untold",
  }),
  ...casesOf("cpu.migratable", [["off", null]], {
    fields: { cpu: { mode: "host-passthrough", migratable: false } },
    beside: { "cpu.mode": "host-passthrough" },
  }),
  ...casesOf("cpu.migratable", [[null, "off"]], {
    fields: { cpu: { mode: "host-passthrough", migratable: true } },
    beside: { "cpu.mode": "host-passthrough" },
  }),
  ...casesOf("cpu.migratable", [[null, "off"]], {
    fields: { cpu: { mode: "host-model" } },
    beside: { "cpu.mode": "host-model" },
  }),
  ...casesOf(
    "cpu.features.invtsc",
    [
      ["require", null],
      ["require", "disable"],
    ],
    {
      fields: { cpu: { mode: "host-passthrough", features: { invtsc: "require" } } },
      beside: { "cpu.mode": "host-passthrough" },
    },
  ),
  ...casesOf("cpu.features.amd-stibp", [["disable", "require"]], {
    fields: { cpu: { features: { "amd-stibp": "disable" } } },
    beside: custom,
  }),
  ...casesOf(
    "cpu.topology.sockets",
    [
      ["1", null],
      ["1", "4"],
    ],
    {
      fields: { cpu: { topology: { cores: 4 } } },
      beside: { "cpu.topology.cores": "4", "cpu.topology.threads": "1" },
    },
  ),
  ...casesOf("cpu.topology.cores", [["2", "1"]], {
    fields: { cpu: { topology: { sockets: 2, cores: 2 } } },
    beside: { "cpu.topology.sockets": "2", "cpu.topology.threads": "1" },
  }),
  ...casesOf("cpu.topology.threads", [["2", "1"]], {
    fields: { cpu: { topology: { cores: 2, threads: 2 } } },
    beside: { "cpu.topology.sockets": "1", "cpu.topology.cores": "2" },
  }),
  ...(["dies", "clusters"] as const).flatMap((part) => [
    ...casesOf(`cpu.topology.${part}`, [["2", null]], {
      fields: { cpu: { topology: { [part]: 2, cores: 2 } } },
      beside: { "cpu.topology.sockets": "1", "cpu.topology.cores": "2", "cpu.topology.threads": "1" },
    }),
    ...casesOf(`cpu.topology.${part}`, [[null, "2"]], {
      fields: { cpu: { topology: { cores: 4 } } },
      beside: { "cpu.topology.sockets": "1", "cpu.topology.cores": "4", "cpu.topology.threads": "1" },
    }),
  ]),
  ...casesOf(
    "cpu.cache",
    [
      ["passthrough", null],
      ["passthrough", "disable"],
    ],
    {
      fields: { cpu: { mode: "host-passthrough", cache: "passthrough" } },
      beside: { "cpu.mode": "host-passthrough" },
    },
  ),
  ...casesOf("cpu.cache", [["emulate level 3", "disable"]], { fields: { cpu: { cache: "emulate" } } }),
];
