import type { CpuCapabilities } from "../../../../provider/vm-cpu-placement/host-facts";
import { problemsOf, shutOff, warningsOf, type Circumstances } from "../support";

const capabilities: CpuCapabilities = {
  modes: new Set(["custom", "host-model", "maximum"]),
  models: new Map([
    ["Skylake-Client", true],
    ["Skylake-Client-IBRS", true],
    ["Skylake-Server", false],
    ["Skylake-Client-v4", true],
    ["SandyBridge", true],
    ["Penryn", true],
    ["Opteron_G5", true],
    ["qemu64", true],
  ]),
  hostModel: {
    model: "Skylake-Client",
    features: new Map([
      ["hle", "disable"],
      ["md-clear", "require"],
    ]),
  },
};
const host: Circumstances = { host: { cpuCapabilities: (type) => (type === "kvm" ? capabilities : undefined) } };
const near = "Skylake-Client, Skylake-Client-IBRS, Skylake-Client-v4, SandyBridge, Opteron_G5";

test("a mode that the host does not have is refused", () => {
  expect(problemsOf({ "cpu.mode": "host-passthrough" }, host)).toEqual([
    "cpu.mode: host-passthrough is not there for domains of type kvm on this host: choose of custom, host-model, maximum",
  ]);
  expect(problemsOf({ "cpu.mode": "host-model" }, host)).toEqual([]);
});

test("an unknown model is refused, with those that are near", () => {
  expect(problemsOf({ "cpu.model": "Skylake-Klient" }, host)).toEqual([
    `cpu.model: libvirt here knows no CPU model Skylake-Klient: choose of ${near}, or mode "host-model"`,
  ]);
});

test("a model that this host cannot give is refused", () => {
  const wanted = { "cpu.mode": "custom", "cpu.model": "Skylake-Server" };
  const reason = `cpu.model: Skylake-Server asks for features that this host does not give to domains of type kvm: choose of ${near}, or mode "host-model"`;
  expect(problemsOf(wanted, host)).toEqual([reason]);
  // Without the missing features it may do: libvirt does not say which they are.
  expect(problemsOf({ ...wanted, "cpu.features.hle": "disable" }, host)).toEqual([]);
  expect(warningsOf({ ...wanted, "cpu.features.hle": "disable" }, host)).toEqual([reason]);
  expect(warningsOf({ ...wanted, "cpu.check": "none" }, host)).toEqual([reason]);
  const none = { ...capabilities, models: new Map([["Skylake-Server", false]]) };
  expect(problemsOf(wanted, { host: { cpuCapabilities: () => none } })).toEqual([
    'cpu.model: Skylake-Server asks for features that this host does not give to domains of type kvm: use mode "host-model"',
  ]);
});

test("a feature that host-model would switch off is refused, and of others nothing is said", () => {
  const wanted = {
    "cpu.features.hle": "require",
    "cpu.features.md-clear": "require",
    "cpu.features.avx999": "force",
    "cpu.features.rtm": "disable",
  };
  expect(problemsOf(wanted, host)).toEqual([
    "cpu.features.hle: this host does not give the feature hle to domains of type kvm: take it away, or make it optional",
  ]);
  expect(problemsOf({ "cpu.features.hle": "optional" }, host)).toEqual([]);
});

test("without capabilities, without the domain, without a word of the program nothing is said", () => {
  const wanted = { "cpu.mode": "host-passthrough", "cpu.features.hle": "force" };
  expect(problemsOf(wanted)).toEqual([]);
  expect(problemsOf(wanted, { ...host, domain: undefined })).toEqual([]);
  expect(problemsOf({ emulatorPin: "0" }, { ...host, domain: shutOff({ "cpu.mode": "host-passthrough" }) })).toEqual(
    [],
  );
});
