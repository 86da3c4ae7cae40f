import { comparedCpu, cpuQuery } from "../../../provider/vm-cpu-placement/cpu-comparison";
import type { PlacementFields } from "../../../provider/vm-cpu-placement/desired-context";
import type { Domain } from "../../../provider/vm-cpu-placement/model";
import { planPlacement } from "../../../provider/vm-cpu-placement/placement";
import { documentOf, roomyHost, running, shutOff, transient } from "./support";

const planOf = (fields: PlacementFields, domain: Domain | undefined) =>
  planPlacement(fields, { domain, record: undefined, host: roomyHost, others: [] });
const query = (fields: PlacementFields, domain: Domain | undefined) => cpuQuery(planOf(fields, domain), domain);

const model = "Skylake-Server-IBRS";
const custom = { "vcpus.maximum": "4", "cpu.mode": "custom", "cpu.model": model };

describe("what libvirt is asked", () => {
  test("the model with all features that the definition will have, for its machine", () => {
    const domain = shutOff({ ...custom, "cpu.match": "minimum", "cpu.features.ss": "disable" });
    const asked = query({ cpu: { features: { pcid: "require", ss: "optional" } } }, domain);
    expect(asked).toMatchObject({
      name: "compare the CPU",
      args: ["kvm", "/usr/bin/qemu-system-x86_64", "x86_64", "pc-q35-7.2"],
      stdin:
        "<cpu mode='custom' match='minimum'><model>Skylake-Server-IBRS</model>" +
        "<feature policy='optional' name='ss'/><feature policy='require' name='pcid'/></cpu>",
    });
  });

  test("what is not known of the machine is left to libvirt", () => {
    const config = documentOf(custom, { emulator: undefined, arch: undefined, machine: undefined });
    const asked = query({ cpu: { features: { pcid: "require" } } }, { ...shutOff(custom), config });
    expect(asked?.args).toEqual(["kvm", "", "", ""]);
  });

  test("a transient domain by what it runs with", () => {
    expect(query({ cpu: { features: { pcid: "require" } } }, transient(custom))?.stdin).toBe(
      "<cpu mode='custom' match='exact'><model>Skylake-Server-IBRS</model><feature policy='require' name='pcid'/></cpu>",
    );
  });

  test.each<[string, PlacementFields, Domain | undefined]>([
    ["the CPU stays as it is", { cpu: { model } }, running(custom, custom)],
    ["something else changes", { emulatorPin: "0", cpu: { model } }, running(custom, custom)],
    ["the CPU is made from the host's", { cpu: { mode: "host-passthrough" } }, shutOff(custom)],
    ["features of no named model", { cpu: { features: { pcid: "require" } } }, shutOff({ "vcpus.maximum": "4" })],
    ["the domain is not there yet", { cpu: { model } }, undefined],
  ])("nothing where %s", (_name, fields, domain) => {
    expect(query(fields, domain)).toBeUndefined();
  });
});

describe("what the answer means", () => {
  const domain = shutOff({ "vcpus.maximum": "4" });
  const compared = (answer: string, fields: PlacementFields = { cpu: { model } }, of: Domain = domain) =>
    comparedCpu(answer, planOf(fields, of), of);
  const nothing = { problems: [], warnings: [] };

  test.each([
    "CPU described in /dev/stdin is identical to the CPU provided by hypervisor on the host\n",
    "The CPU provided by hypervisor on the host is a superset of CPU described in /dev/stdin\n",
    "error: unknown command: 'hypervisor-cpu-compare'\n",
    "error: Failed to compare hypervisor CPU with /dev/stdin\nerror: this function is not supported by the connection driver\n",
    "error: unsupported configuration: comparing with the hypervisor CPU is not supported for arch aarch64\n",
    "",
  ])("fits, or says nothing: %j", (answer) => {
    expect(compared(answer)).toEqual(nothing);
  });

  const text = `this host cannot give the domain CPU model ${model} with these features`;
  const mend = "Choose another model, or features that it has";

  test("does not fit", () => {
    const answer = "CPU described in /dev/stdin is incompatible with the CPU provided by hypervisor on the host\n";
    expect(compared(answer)).toEqual({ problems: [{ path: "cpu.model", reason: `${text}. ${mend}` }], warnings: [] });
  });

  test("does not fit, with a reason", () => {
    const answer =
      "error: Failed to compare hypervisor CPU with /dev/stdin\n" +
      "error: the CPU is incompatible with host CPU: Host CPU does not provide required features: avx512f, pku\n";
    expect(compared(answer).problems).toEqual([
      {
        path: "cpu.model",
        reason: `${text}: Host CPU does not provide required features: avx512f, pku. ${mend}`,
      },
    ]);
  });

  const wrong = "CPU described in /dev/stdin is incompatible with the CPU provided by hypervisor on the host\n";

  test("under check none it starts all the same, with less", () => {
    const warning = `cpu.model: ${text}; what is missing is left out without a word (check none)`;
    expect(compared(wrong, { cpu: { model, check: "none" } })).toEqual({ problems: [], warnings: [warning] });
    const emulated = { ...domain, config: documentOf({ "vcpus.maximum": "4" }, { type: "qemu" }) };
    expect(compared(wrong, { cpu: { model } }, emulated)).toEqual({ problems: [], warnings: [warning] });
    const unchecked = shutOff({ ...custom, "cpu.check": "none" });
    expect(compared(wrong, { cpu: { features: { pcid: "require" } } }, unchecked).warnings).toEqual([warning]);
  });
});
