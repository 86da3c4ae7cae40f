import { definition, fixtureHost, id, uuid, type FixtureHost } from "./fixture-host";
import { args, created, lives, restarted } from "./placed";

/* The CPU that the guest sees: the running domain's document says how it came out, not how it was asked for. */
let host: FixtureHost;
afterEach(() => host.remove());
// A run is a dozen processes.
jest.setTimeout(60_000);

const kvm = { "/libvirt/kvm": "" };
const lacking = { "/libvirt/incompatible": "Host CPU does not provide required features: avx512f\n" };

test("a named model with features, cache and topology", async () => {
  host = fixtureHost({ running: true, files: kvm });
  const topology = { sockets: 1, cores: 2, threads: 1 };
  await lives(host, {
    inputs: args({
      cpu: {
        mode: "custom",
        model: "Skylake-Server-IBRS",
        match: "exact",
        fallback: "forbid",
        features: { pcid: "require", vmx: "disable", invtsc: "optional" },
        topology,
        cache: "emulate",
      },
      maxDisruption: "vm-restart",
    }),
    plan: {
      "cpu.mode": "(absent) → custom  [vm-restart]",
      "cpu.model": "(absent) → Skylake-Server-IBRS  [vm-restart]",
      "cpu.fallback (config)": "(absent) → forbid  [none]",
      "cpu.topology.sockets": "(absent) → 1  [vm-restart]",
      "cpu.topology.cores": "(absent) → 2  [vm-restart]",
      "cpu.topology.threads": "(absent) → 1  [vm-restart]",
      "cpu.cache": "(absent) → emulate level 3  [vm-restart]",
      "cpu.features.pcid": "(absent) → require  [vm-restart]",
      "cpu.features.vmx": "(absent) → disable  [vm-restart]",
      "cpu.features.invtsc": "(absent) → optional  [vm-restart]",
    },
    impact: "vm-restart",
    calls: restarted(uuid),
    drift: (at) => at.edit(["inactive"], /(<feature name='pcid' policy=)'require'/, "$1'force'"),
    seen: { cpu: { features: { pcid: "force", vmx: "disable", invtsc: "optional" } } },
    repair: { plan: { "cpu.features.pcid (config)": "force → require  [none]" }, calls: ["define /dev/stdin"] },
    less: {
      inputs: args({ cpu: { topology }, maxDisruption: "vm-restart" }),
      plan: {
        "cpu.mode": "custom → (absent)  [vm-restart]",
        "cpu.model": "Skylake-Server-IBRS → (absent)  [vm-restart]",
        "cpu.fallback (config)": "forbid → (absent)  [none]",
        "cpu.cache": "emulate level 3 → (absent)  [vm-restart]",
        "cpu.features.pcid": "require → (absent)  [vm-restart]",
        "cpu.features.vmx": "disable → (absent)  [vm-restart]",
        "cpu.features.invtsc": "require → (absent)  [vm-restart]",
        "cpu.features.invtsc (config)": "optional → (absent)  [none]",
      },
      calls: restarted(uuid),
    },
    end: restarted(uuid),
  });
  expect(host.warnings).toEqual([]);
});

test("host-model runs as the model that it stands for, which is no difference, and host-passthrough is another CPU", async () => {
  host = fixtureHost({ running: true, files: kvm });
  const before = host.inactive();
  const model = args({ cpu: { mode: "host-model" }, maxDisruption: "vm-restart" });
  const outputs = await created(host, model);
  expect(host.calls()).toEqual(restarted(uuid));
  expect(host.live()).toContain("<model fallback='forbid'>Skylake-Server-IBRS</model>");
  const same = await host.checked(model, outputs);
  expect(same.inputs["plan"]).toEqual({});
  const passed = args({ cpu: { mode: "host-passthrough", migratable: false }, maxDisruption: "vm-restart" });
  const { inputs } = await host.checked(passed, outputs);
  expect(inputs["plan"]).toMatchObject({
    "cpu.mode": "custom → host-passthrough  [vm-restart]",
    "cpu.mode (config)": "host-model → host-passthrough  [none]",
    "cpu.migratable": "(absent) → off  [vm-restart]",
  });
  // What came out of host-model is ours: delete starts the domain anew with its own CPU.
  await host.resource.delete({ id, outputs }, host.run);
  expect(host.calls()).toEqual(restarted(uuid));
  expect(host.warnings).toEqual([]);
  expect(host.inactive().trimEnd()).toBe(before.trimEnd());
  expect(host.live().trimEnd()).toBe(before.trimEnd());
});

test("a model that this host cannot give is refused with libvirt's reason, and asked about only when it changes", async () => {
  host = fixtureHost({ running: true, files: { ...kvm, ...lacking } });
  const wanted = args({ cpu: { model: "Haswell-noTSX" }, maxDisruption: "vm-restart" });
  expect((await host.checked(wanted)).problems).toEqual([
    "cpu.model: this host cannot give the domain CPU model Haswell-noTSX with these features: Host CPU does not provide " +
      "required features: avx512f. Choose another model, or features that it has",
  ]);
  const asked = host.transport.requests.length;
  expect((await host.checked(args({ emulatorPin: "1" }))).problems).toEqual([]);
  expect(host.transport.requests).toHaveLength(asked);
});

test("a model that libvirt says cannot run here, and a mode that is not there, are refused with what can", async () => {
  host = fixtureHost({ running: true, xml: definition("db", { type: "qemu" }) });
  const choice = async (cpu: object) => (await host.checked(args({ cpu, maxDisruption: "vm-restart" }))).problems;
  expect(await choice({ model: "Icelake-Server" })).toEqual([
    "cpu.model: Icelake-Server asks for features that this host does not give to domains of type qemu: choose of " +
      'Haswell-noTSX, Skylake-Server-IBRS, qemu64, or mode "host-model"',
  ]);
  expect(await choice({ mode: "host-passthrough" })).toEqual([
    "cpu.mode: host-passthrough is not there for domains of type qemu on this host: choose of maximum, host-model, custom",
  ]);
});

test("under emulation libvirt leaves out what is missing, so it is a warning", async () => {
  host = fixtureHost({ running: true, xml: definition("db", { type: "qemu" }), files: lacking });
  const wanted = args({ cpu: { model: "Haswell-noTSX" }, maxDisruption: "vm-restart" });
  expect((await host.checked(wanted)).problems).toEqual([]);
  expect(host.warnings).toEqual([
    "10.0.0.11: cpu.model: this host cannot give the domain CPU model Haswell-noTSX with these features: Host CPU does " +
      "not provide required features: avx512f; what is missing is left out without a word (check none)",
  ]);
});
