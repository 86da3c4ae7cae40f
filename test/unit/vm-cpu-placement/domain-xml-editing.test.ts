import * as fc from "fast-check";

import { editDomain, readDomain } from "../../../provider/vm-cpu-placement/domain-xml";
import { DomainXmlError } from "../../../provider/vm-cpu-placement/domain-xml/error";
import { unmanagedText } from "../../../provider/vm-cpu-placement/domain-xml/unmanaged";
import { emptyDomain } from "./simulated";

type Changes = Readonly<Record<string, string | null>>;

const edit = (xml: string, changes: Changes): string => editDomain(xml, new Map(Object.entries(changes)));
const removed = (changes: Changes): Changes => Object.fromEntries(Object.keys(changes).map((key) => [key, null]));

const before = `<domain type='kvm'>
  <name>db</name>
  <memory unit='GiB'>4</memory>
  <vcpu placement='static'>4</vcpu>
  <os/>
</domain>
`;
/** With lines in front of `<os/>`. */
const withLines = (...lines: readonly string[]): string =>
  before.replace("  <os/>", [...lines.map((one) => `  ${one}`), "  <os/>"].join("\n"));

const elements: readonly (readonly [string, Changes, readonly string[]])[] = [
  [
    "schedulers and weights",
    {
      cpuShares: "2048",
      "cpuBandwidth.periodMicroseconds": "50000",
      "cpuBandwidth.quotaMicroseconds": "-1",
      "vcpuScheduler.2": "fifo 1",
      "vcpuScheduler.3": "batch",
      emulatorScheduler: "rr 2",
    },
    [
      "<cputune>",
      "  <shares>2048</shares>",
      "  <period>50000</period>",
      "  <quota>-1</quota>",
      "  <vcpusched vcpus='2' scheduler='fifo' priority='1'/>",
      "  <vcpusched vcpus='3' scheduler='batch'/>",
      "  <emulatorsched scheduler='rr' priority='2'/>",
      "</cputune>",
    ],
  ],
  [
    "shares of caches and bandwidth",
    { "cacheTune.0-1,3.L3.0.both": "3072 KiB", "cacheTune.0-1,3.L3.1.code": "1024 KiB", "memoryTune.2.node0": "60" },
    [
      "<cputune>",
      "  <cachetune vcpus='0-1,3'>",
      "    <cache id='0' level='3' type='both' size='3072' unit='KiB'/>",
      "    <cache id='1' level='3' type='code' size='1024' unit='KiB'/>",
      "  </cachetune>",
      "  <memorytune vcpus='2'>",
      "    <node id='0' bandwidth='60'/>",
      "  </memorytune>",
      "</cputune>",
    ],
  ],
  [
    "guest cells with memory of their own",
    {
      "numa.mode": "strict",
      "numa.nodeset": "0-1",
      "numa.cells.0.vcpus": "0-3",
      "numa.cells.0.memory": "4194304 KiB",
      "numa.cells.0.memAccess": "shared",
      "numa.cells.0.mode": "strict",
      "numa.cells.0.nodeset": "1",
      "numa.cells.0.caches.3": "direct writeback 8192 KiB line 64 B",
    },
    [
      "<numatune>",
      "  <memory mode='strict' nodeset='0-1'/>",
      "  <memnode cellid='0' mode='strict' nodeset='1'/>",
      "</numatune>",
    ],
  ],
  [
    "a CPU",
    {
      "cpu.mode": "custom",
      "cpu.match": "minimum",
      "cpu.check": "full",
      "cpu.model": "EPYC",
      "cpu.fallback": "forbid",
      "cpu.features.pcid": "require",
      "cpu.topology.sockets": "1",
      "cpu.topology.cores": "2",
      "cpu.topology.threads": "2",
      "cpu.cache": "emulate level 3",
    },
    [],
  ],
];

const cell = [
  "  <cpu>",
  "    <numa>",
  "      <cell id='0' cpus='0-3' memory='4194304' unit='KiB' memAccess='shared'>",
  "        <cache level='3' associativity='direct' policy='writeback'>",
  "          <size value='8192' unit='KiB'/>",
  "          <line value='64' unit='B'/>",
  "        </cache>",
  "      </cell>",
  "    </numa>",
  "  </cpu>",
].join("\n");
const cpu = [
  "  <cpu mode='custom' match='minimum' check='full'>",
  "    <model fallback='forbid'>EPYC</model>",
  "    <feature name='pcid' policy='require'/>",
  "    <topology sockets='1' cores='2' threads='2'/>",
  "    <cache level='3' mode='emulate'/>",
  "  </cpu>",
].join("\n");
const behindOs: Readonly<Record<string, string>> = { "guest cells with memory of their own": cell, "a CPU": cpu };

describe.each(elements)("%s", (name, changes, lines) => {
  const behind = behindOs[name];
  const after = withLines(...lines).replace("  <os/>\n", behind === undefined ? "$&" : `$&${behind}\n`);

  test.each<[string, (xml: string) => string]>([
    ["two blanks", (xml) => xml],
    ["tabs", (xml) => xml.replaceAll(/^( {2})+/gm, (blanks) => "\t".repeat(blanks.length / 2))],
    ["CR LF", (xml) => xml.replaceAll("\n", "\r\n")],
  ])("in a document with %s", (layout, inLayout) => {
    const edited = edit(inLayout(before), changes);
    // What is put in a new element is two blanks further in: the document shows no deeper indent to follow.
    const own =
      layout === "tabs"
        ? edited.replaceAll(
            /^(\t+)((?: {2})*)/gm,
            (_all, tabs: string, blanks: string) => tabs + "\t".repeat(blanks.length / 2),
          )
        : edited;
    expect(own).toBe(inLayout(after));
    expect(edit(edited, removed(changes))).toBe(inLayout(before));
  });

  test("in a document of one line", () => {
    const oneLine = (xml: string) => xml.replaceAll(/\n\s*/g, "");
    const edited = edit(oneLine(before), changes);
    expect(edited).toBe(oneLine(after));
    expect(edit(edited, removed(changes))).toBe(oneLine(before));
  });
});

test("memory backing, with its pages, its limit, and memory in the unit that stands there", () => {
  const changes = {
    "memoryBacking.hugepages": "1G, 2M cells 1",
    "memoryBacking.locked": "yes",
    "memoryBacking.nosharepages": "yes",
    "memoryBacking.source": "memfd",
    "memoryBacking.access": "shared",
    "memoryBacking.allocation": "immediate",
    "memoryBacking.hardLimit": "8388608 KiB",
  };
  const edited = edit(before, changes);
  expect(edited).toBe(
    before.replace(
      "</memory>\n",
      `</memory>
  <memoryBacking>
    <hugepages>
      <page size='1048576' unit='KiB'/>
      <page size='2048' unit='KiB' nodeset='1'/>
    </hugepages>
    <locked/>
    <nosharepages/>
    <source type='memfd'/>
    <access mode='shared'/>
    <allocation mode='immediate'/>
  </memoryBacking>
  <memtune>
    <hard_limit unit='KiB'>8388608</hard_limit>
  </memtune>
`,
    ),
  );
  expect(edit(edited, removed(changes))).toBe(before);
  expect(edit(before, { memory: "8388608 KiB" })).toBe(before.replace(">4<", ">8<"));
  expect(edit(before, { memory: "1025 KiB" })).toBe(before.replace("'GiB'>4<", "'KiB'>1025<"));
});

test("a scheduler for several vCPUs keeps those that do not change", () => {
  const shared = withLines("<cputune><vcpusched vcpus='0-3' scheduler='fifo' priority='1'/></cputune>");
  const edited = edit(shared, { "vcpuScheduler.1": "rr 5", "vcpuScheduler.2": null });
  expect(edited).toContain("<vcpusched vcpus='0,3' scheduler='fifo' priority='1'/>");
  expect(edited).toContain("<vcpusched vcpus='1' scheduler='rr' priority='5'/>");
});

test("what another mode of CPU does not take goes with it, and what is nobody's stays", () => {
  const lines =
    "<cpu mode='host-model' check='partial'><model fallback='allow'/><feature name='x' policy='require'/></cpu>";
  expect(edit(withLines(lines), { "cpu.mode": "host-passthrough" })).toBe(
    withLines("<cpu mode='host-passthrough'><feature name='x' policy='require'/></cpu>"),
  );
  const vendor =
    "<cpu mode='custom' match='exact'><model>EPYC</model><vendor>AMD</vendor><maxphysaddr mode='emulate'/></cpu>";
  expect(edit(withLines(vendor), { "cpu.mode": null, "cpu.model": null, "cpu.vendor": null })).toBe(
    withLines("<cpu><maxphysaddr mode='emulate'/></cpu>"),
  );
});

test.each([
  [
    "cputune",
    "<cputune><!-- why --><shares>5</shares></cputune>",
    "<cputune><!-- why --></cputune>",
    { cpuShares: null },
  ],
  [
    "cachetune",
    "<cputune><cachetune vcpus='0'><cache id='0' level='3' type='both' size='1' unit='KiB'/><monitor level='3' vcpus='0'/></cachetune></cputune>",
    "<cputune><cachetune vcpus='0'><monitor level='3' vcpus='0'/></cachetune></cputune>",
    { "cacheTune.0.L3.0.both": null },
  ],
  [
    "memoryBacking",
    "<memoryBacking><locked/><discard/></memoryBacking>",
    "<memoryBacking><discard/></memoryBacking>",
    { "memoryBacking.locked": null },
  ],
  [
    "allocation",
    "<memoryBacking><allocation mode='immediate' threads='8'/></memoryBacking>",
    "<memoryBacking><allocation threads='8'/></memoryBacking>",
    { "memoryBacking.allocation": null },
  ],
  [
    "memtune",
    "<memtune><hard_limit>5</hard_limit><soft_limit>4</soft_limit></memtune>",
    "<memtune><soft_limit>4</soft_limit></memtune>",
    { "memoryBacking.hardLimit": null },
  ],
  [
    "iothreadids",
    "<iothreads>1</iothreads>\n  <iothreadids><!-- a --><iothread id='3'/></iothreadids>",
    "<iothreadids><!-- a --></iothreadids>",
    { "iothreads.3": null },
  ],
])("%s keeps a comment and what is not managed", (...[, lines, left, changes]) => {
  expect(edit(withLines(lines), changes)).toBe(withLines(left));
});

describe("refusing", () => {
  test.each<[string, string, Changes, number, string]>([
    [
      "a second element for one purpose",
      "<cputune><shares>1</shares>\n<shares>2</shares></cputune>",
      { cpuShares: "3" },
      6,
      "a second <shares> for the same purpose",
    ],
    [
      "two CPUs",
      "<cpu mode='host-model'/>\n<cpu mode='maximum'/>",
      { "cpu.mode": "host-passthrough" },
      6,
      "a second <cpu> for the same purpose",
    ],
    [
      "a count of I/O threads that holds more",
      "<iothreads><!-- two -->2</iothreads>",
      { "iothreads.9": "1" },
      5,
      "<iothreads> holds more than a number",
    ],
  ])("%s", (...[, lines, changes, line, reason]) => {
    expect(() => edit(withLines(lines), changes)).toThrow(new DomainXmlError(line, reason));
  });

  test.each<[string, Changes]>([
    ["a pin of a vCPU that is not there", { "vcpuPins.4": "1" }],
    ["memory of a cell without the cell's own", { "numa.cells.0.vcpus": "0-3" }],
    ["caches for no vCPU", { "cacheTune.9.L3.0.both": "1 KiB" }],
    ["a model without its mode", { "cpu.match": "strict" }],
  ])("%s, which would not read back", (_name, changes) => {
    const [setting = ""] = Object.keys(changes);
    const reason = `this document cannot hold ${setting}: it would not read back as asked`;
    expect(() => edit(before, changes)).toThrow(new DomainXmlError(1, reason));
  });
});

test("names and texts of every kind stay byte for byte", () => {
  const awkward = `a & b < c > d " e ' f ]]> g`;
  const character = fc.oneof(
    fc.constantFrom(
      "'",
      '"',
      "&",
      "<",
      ">",
      "]]>",
      "\n",
      "\r\n",
      "\t",
      "é",
      "漢",
      "😀",
      "&#x41;",
      "--",
      "cpuset='1'",
      "<cpu/>",
    ),
    fc
      .string({ unit: "binary", minLength: 1, maxLength: 3 })
      .filter((text) => !/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(text)),
  );
  const texts = fc.oneof(
    fc.constant(awkward),
    fc.array(character, { maxLength: 8 }).map((all) => all.join("")),
  );
  const escaped = (text: string): string =>
    text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
  const cdata = (text: string): string => `<![CDATA[${text.replaceAll("]]>", "]] >")}]]>`;
  const changes = { emulatorPin: "1", "numa.mode": "strict", "numa.nodeset": "0", "cpu.mode": "host-passthrough" };
  fc.assert(
    fc.property(texts, texts, texts, (name, title, note) => {
      const named = emptyDomain
        .replace("<name>db</name>", () => `<name>${escaped(name)}</name>\n  <title>${escaped(title)}</title>`)
        .replace(
          "  <os>",
          () =>
            `  <description>${cdata(note)}</description>\n  <metadata><x:n xmlns:x="urn:x" t="${escaped(title)}">${escaped(note)}</x:n></metadata>\n  <os>`,
        );
      expect(readDomain(named).name.replaceAll(/\r\n?/g, "\n")).toBe(name.replaceAll(/\r\n?/g, "\n"));
      const edited = edit(named, changes);
      const without = (xml: string) =>
        xml.replace(/\n {2}<cputune>[\s\S]*?<\/numatune>/, "").replace(/\n {2}<cpu mode='host-passthrough'\/>/, "");
      expect(without(edited)).toBe(named);
      expect(unmanagedText(edited)).toBe(unmanagedText(named));
      expect(edit(edited, removed(changes))).toBe(named);
    }),
    { numRuns: 100, endOnFailure: true },
  );
});
