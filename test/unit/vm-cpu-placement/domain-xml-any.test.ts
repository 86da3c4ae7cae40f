import * as fc from "fast-check";

import { editDomain, readDomain } from "../../../provider/vm-cpu-placement/domain-xml";
import { DomainXmlError } from "../../../provider/vm-cpu-placement/domain-xml/error";
import { unmanagedText } from "../../../provider/vm-cpu-placement/domain-xml/unmanaged";
import { withChanges, type FactChanges, type Facts } from "../../../provider/vm-cpu-placement/facts";
import { arbitraryFacts } from "./arbitrary";
import { changesBetween, emptyDomain } from "./simulated";

const empty = readDomain(emptyDomain).facts;
const sorted = (facts: Facts) => Object.fromEntries([...facts].sort());

describe("all facts of any domain", () => {
  test("are written and read back, replaced by any other's, and taken out without a trace", () => {
    fc.assert(
      fc.property(arbitraryFacts, arbitraryFacts, (one, other) => {
        const first = editDomain(emptyDomain, changesBetween(empty, one));
        expect(sorted(readDomain(first).facts)).toEqual(sorted(one));
        const second = editDomain(first, changesBetween(one, other));
        expect(sorted(readDomain(second).facts)).toEqual(sorted(other));
        expect(unmanagedText(second)).toBe(unmanagedText(emptyDomain));
        expect(editDomain(second, changesBetween(other, empty))).toBe(emptyDomain);
      }),
      { numRuns: 200, endOnFailure: true },
    );
  });

  test("are written alike into a document of one line, of tabs, of CR LF", () => {
    const layouts = [
      emptyDomain.replaceAll(/\n\s*/g, ""),
      emptyDomain.replaceAll("  ", "\t"),
      emptyDomain.replaceAll("\n", "\r\n"),
    ];
    fc.assert(
      fc.property(arbitraryFacts, fc.constantFrom(...layouts), (facts, layout) => {
        const edited = editDomain(layout, changesBetween(empty, facts));
        expect(sorted(readDomain(edited).facts)).toEqual(sorted(facts));
        const bare = edited.replaceAll(/\s*[\r\n]\s*/g, "");
        const usual = editDomain(emptyDomain, changesBetween(empty, facts)).replaceAll(/\s*[\r\n]\s*/g, "");
        expect(bare).toBe(usual);
        expect(editDomain(edited, changesBetween(facts, empty))).toBe(layout);
      }),
      { numRuns: 100, endOnFailure: true },
    );
  });
});

/** Small, with something of each kind in it. */
const bases = [
  `<domain type='kvm'><name>a &amp; b</name><uuid>u</uuid><memory unit="MiB">4096</memory><vcpu current='2'>4</vcpu><iothreads>2</iothreads>
<iothreadids><iothread id='7'/></iothreadids><cputune><!-- c --><shares>5</shares><vcpupin vcpu='0' cpuset="1"/><vcpusched vcpus='0-3' scheduler='fifo' priority='1'/>
<cachetune vcpus='0-1'><cache level='3' id='0' type='both' size='3' unit='MiB'/><monitor level='3' vcpus='0'/></cachetune></cputune><os/></domain>`,
  `<?xml version="1.0"?>
<domain type='qemu'>
  <name>b</name><description><![CDATA[<cpu mode='x'/>]]></description>
  <memory>8388608</memory>
  <currentMemory unit='GiB'>2</currentMemory>
  <memoryBacking><hugepages><page size='2' unit='M' nodeset='0'/></hugepages><locked/></memoryBacking>
  <vcpu>8</vcpu>
  <numatune><memory mode='strict' nodeset='0'/><memnode cellid='1' mode='strict' nodeset='1'/></numatune>
  <cpu mode='custom' match='minimum'><model vendor_id='Q' fallback='forbid'>EPYC</model><feature name='pcid' policy='force'/>
    <topology sockets='2' cores='4' threads='1'/><numa><cell cpus='0-3' memory='4' unit='GiB'><distances><sibling id='1' value='21'/></distances></cell><cell cpus='4-7' memory='4' unit='GiB'/></numa></cpu>
</domain>`,
  `<domain type="kvm"\tid = "3">\r\n\t<name>c</name>\r\n\t<memtune><hard_limit>9</hard_limit><soft_limit>8</soft_limit></memtune>\r\n\t<vcpu placement='auto' cpuset='0-3'>4</vcpu>\r\n\t<cputune>\r\n\t\t<emulatorpin cpuset='0'/>\r\n\t</cputune>\r\n\t<cputune/>\r\n\t<cpu mode='host-passthrough' migratable='off'>\r\n\t\t<cache mode='emulate' level='3'/>\r\n\t</cpu>\r\n</domain>\r\n`,
] as const;

const pieces = [
  "<",
  ">",
  "'",
  '"',
  "/",
  "&",
  "]]>",
  "<![CDATA[",
  "<!--",
  "-->",
  "</domain>",
  "<cpu/>",
  "<cputune>",
  "\0",
  "=",
  " ",
];

type Mutation = (xml: string) => string;

/** Numbers up to 1000 stand for places in thousandths. */
const place = fc.nat(999).map((part) => (xml: string) => Math.floor((part / 1000) * xml.length));
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(place, fc.constantFrom(...pieces)).map(
    ([at, piece]): Mutation =>
      (xml) =>
        xml.slice(0, at(xml)) + piece + xml.slice(at(xml)),
  ),
  fc.tuple(place, fc.nat(12)).map(
    ([at, count]): Mutation =>
      (xml) =>
        xml.slice(0, at(xml)) + xml.slice(at(xml) + count),
  ),
  fc.tuple(place, place, fc.nat(80)).map(
    ([from, to, count]): Mutation =>
      (xml) =>
        xml.slice(0, to(xml)) + xml.slice(from(xml), from(xml) + count) + xml.slice(to(xml)),
  ),
  place.map(
    (at): Mutation =>
      (xml) =>
        xml.slice(0, at(xml)) + xml.slice(at(xml)).replace(/["']/, (quote) => (quote === "'" ? '"' : "'")),
  ),
  // Whole elements twice, or not at all: what is left is well-formed.
  place.map(
    (at): Mutation =>
      (xml) =>
        xml.slice(0, at(xml)) + xml.slice(at(xml)).replace(/<(\w+)\b[^<>]*\/>/, "$&$&"),
  ),
  place.map(
    (at): Mutation =>
      (xml) =>
        xml.slice(0, at(xml)) + xml.slice(at(xml)).replace(/<(\w+)\b[^<>]*\/>/, ""),
  ),
  place.map(
    (at): Mutation =>
      (xml) =>
        xml.slice(0, at(xml)) + xml.slice(at(xml)).replace(/\d+/, "7"),
  ),
);

/** Of one kind for all runs: to make them costs more than to use them. */
const others = fc.sample(arbitraryFacts, { numRuns: 300, seed: 1 });

/** A few changes of what is there, and of what another domain has. */
const changes: fc.Arbitrary<FactChanges> = fc
  .tuple(fc.constantFrom(...others), fc.array(fc.nat(29), { minLength: 60, maxLength: 60 }))
  .map(([facts, numbers]) => {
    const all = [...facts].flatMap(([setting, value], index): readonly (readonly [string, string | null])[] => {
      const number = numbers[index] ?? 29;
      return number > 5 ? [] : [[setting, number < 2 ? null : value]];
    });
    return new Map(all);
  });

test("10000 mutilated documents are refused by DomainXmlError, or edited as asked and nowhere else", () => {
  let edits = 0;
  fc.assert(
    fc.property(
      fc.constantFrom<string>(...bases),
      fc.array(mutation, { minLength: 1, maxLength: 2 }),
      changes,
      (base, mutations, wanted) => {
        const broken = mutations.reduce((xml, mutate) => mutate(xml), base);
        try {
          const before = readDomain(broken).facts;
          const edited = editDomain(broken, wanted);
          const after = readDomain(edited).facts;
          const rest = new Map([["vcpus.placement", null]]);
          expect(sorted(withChanges(after, rest))).toEqual(sorted(withChanges(withChanges(before, wanted), rest)));
          expect(unmanagedText(edited)).toBe(unmanagedText(broken));
          edits++;
        } catch (error) {
          if (!(error instanceof DomainXmlError)) throw error;
        }
      },
    ),
    { numRuns: 10_000, endOnFailure: true },
  );
  // Not all of it is refused.
  expect(edits).toBeGreaterThan(500);
});
