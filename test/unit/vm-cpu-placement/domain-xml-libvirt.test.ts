/* What libvirt alone decides: forms that it refuses, drops or reads in a way of its own. */
import { desiredFacts } from "../../../provider/vm-cpu-placement/desired";
import { editDomain, readDomain } from "../../../provider/vm-cpu-placement/domain-xml";

const document = (inside: string): string => `<domain type='kvm'><memory>1048576</memory>${inside}</domain>`;
const set = (setting: string, value: string | null): ReadonlyMap<string, string | null> => new Map([[setting, value]]);

test("a <vcpu> that is made for an attribute has its number, without which libvirt refuses it", () => {
  expect(editDomain(document(""), set("vcpuCpuset", "0-1"))).toBe(document("<vcpu cpuset='0-1'>1</vcpu>"));
});

test("a feature without a policy is required, and can be taken away", () => {
  const xml = document("<cpu><model>Nehalem</model><feature name='x2apic'/></cpu>");
  expect(readDomain(xml).facts.get("cpu.features.x2apic")).toBe("require");
  expect(editDomain(xml, set("cpu.features.x2apic", null))).toBe(document("<cpu><model>Nehalem</model></cpu>"));
});

test("a vendor goes with the model: libvirt takes none without", () => {
  const xml = document("<vcpu>1</vcpu><cpu><model>Nehalem</model><vendor>Intel</vendor></cpu>");
  const existing = [readDomain(xml).facts];
  expect(existing[0]?.get("cpu.vendor")).toBe("Intel");
  const wanted = desiredFacts({ cpu: { mode: "host-passthrough" } }, { existing });
  expect(editDomain(xml, wanted)).toBe(document("<vcpu>1</vcpu><cpu mode='host-passthrough'></cpu>"));
  expect(desiredFacts({ cpu: { mode: "host-passthrough" } }, { existing: [] }).has("cpu.vendor")).toBe(false);
});

test("a nodeset beside an automatic placement counts as none, and does not come to life without it", () => {
  const xml = document("<numatune><memory mode='strict' placement='auto' nodeset='0'/></numatune>");
  const changes = new Map([
    ["numa.mode", null],
    ["numa.placement", null],
  ]);
  expect(editDomain(xml, changes)).toBe(document(""));
});

test("pages of cell 0 are all pages of a guest without cells", () => {
  const xml = document("<memoryBacking><hugepages><page size='1' unit='G' nodeset='0'/></hugepages></memoryBacking>");
  expect(readDomain(xml).facts.get("memoryBacking.hugepages")).toBe("1G");
  const fields = { memoryBacking: { hugepages: [{ size: "1G", cells: "0" }] } };
  expect(desiredFacts(fields, { existing: [readDomain(xml).facts] }).get("memoryBacking.hugepages")).toBe("1G");
  const cells = [{ id: 0, memoryMiB: 1024 }];
  const both = desiredFacts({ ...fields, numa: { cells } }, { existing: [readDomain(xml).facts] });
  expect(both.get("memoryBacking.hugepages")).toBe("1G cells 0");
});

test("a group of caches is known by the vCPUs that the domain has", () => {
  const group = (caches: string): string =>
    document(`<vcpu>2</vcpu><cputune><cachetune vcpus='0-3'>${caches}</cachetune></cputune>`);
  const cache = "<cache level='3' id='0' type='both' size='3' unit='MiB'/>";
  expect(editDomain(group(cache), set("cacheTune.0-1.L3.1.both", "3072 KiB"))).toBe(
    group(`${cache}<cache id='1' level='3' type='both' size='3072' unit='KiB'/>`),
  );
});

test("a fallback of host-model says nothing: libvirt drops it", () => {
  const xml = document("<cpu mode='host-model'><model fallback='forbid'/></cpu>");
  expect(readDomain(xml).facts.has("cpu.fallback")).toBe(false);
});
