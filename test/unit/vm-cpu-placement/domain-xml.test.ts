import * as fc from "fast-check";

import { CpuSet } from "../../../provider/linux/cpu-set";
import { editDomain, readDomain } from "../../../provider/vm-cpu-placement/domain-xml";
import { unmanagedText } from "../../../provider/vm-cpu-placement/domain-xml/unmanaged";
import { DomainXmlError } from "../../../provider/vm-cpu-placement/domain-xml/error";

const plain = `<domain type='kvm'>
  <name>web</name>
  <uuid>11111111-2222-4333-8444-555555555555</uuid>
  <vcpu placement='static'>4</vcpu>
  <os>
    <type>hvm</type>
  </os>
</domain>
`;

/** plain with lines behind `<vcpu>`. */
const withLines = (...lines: readonly string[]): string =>
  plain.replace("</vcpu>\n", `</vcpu>\n${lines.map((line) => `  ${line}\n`).join("")}`);

const edit = (xml: string, changes: Readonly<Record<string, string | null>>): string =>
  editDomain(xml, new Map(Object.entries(changes)));
const facts = (xml: string): Record<string, string> => Object.fromEntries(readDomain(xml).facts);

describe("reading", () => {
  test("gives managed facts in canonical form, whatever the layout", () => {
    const xml = withLines(
      "<iothreads>3</iothreads>",
      "<iothreadids><iothread id='7'/></iothreadids>",
      `<cputune><shares>2048</shares>
      <vcpupin vcpu='3' cpuset='3,^2'/><vcpupin
         cpuset = " 0-7 , ^4 "  vcpu = "0"/>
      <emulatorpin cpuset='1,0' ></emulatorpin >
      <iothreadpin iothread='7' cpuset='5,6'/></cputune>`,
      `<numatune><memory nodeset="1,0"/></numatune>`,
    );
    expect(facts(xml)).toEqual({
      "vcpus.maximum": "4",
      cpuShares: "2048",
      "vcpuPins.0": "0-3,5-7",
      "vcpuPins.3": "3",
      emulatorPin: "0-1",
      "iothreads.1": "unpinned",
      "iothreads.2": "unpinned",
      "iothreads.7": "5-6",
      "numa.mode": "strict",
      "numa.nodeset": "0-1",
    });
  });

  test("takes no notice of look-alikes in comments, CDATA and other namespaces", () => {
    const xml = withLines(
      "<!-- <cputune><vcpupin vcpu='0' cpuset='9'/></cputune> -->",
      "<description><![CDATA[<cputune><emulatorpin cpuset='9'/></cputune>]]></description>",
      "<metadata><a:cputune xmlns:a='urn:a'><a:emulatorpin cpuset='9'/></a:cputune></metadata>",
      "<cputune xmlns='urn:other'><emulatorpin cpuset='9'/></cputune>",
    );
    expect(facts(xml)).toEqual({ "vcpus.maximum": "4" });
  });

  test("drops the pin of a vCPU that the domain does not have, as libvirt does", () => {
    expect(facts(withLines("<cputune><vcpupin vcpu='4' cpuset='0'/></cputune>"))).toEqual({
      "vcpus.maximum": "4",
    });
  });

  test("knows automatic placement, with which libvirt keeps no nodeset", () => {
    const auto = { "numa.mode": "strict", "numa.placement": "auto", "vcpus.maximum": "4" };
    // Where nothing else says where the vCPUs are, they are placed with the memory.
    const memory = "<numatune><memory mode='strict' placement='auto' nodeset='1'/></numatune>";
    expect(facts(withLines(memory))).toEqual({ ...auto, "vcpus.placement": "auto" });
    expect(facts(withLines(memory, "<cputune><emulatorpin cpuset='0'/></cputune>"))).toEqual({
      ...auto,
      emulatorPin: "0",
    });
    expect(facts(plain.replace("'static'", "'auto'"))).toEqual({ ...auto, "vcpus.placement": "auto" });
  });

  test("gives name, UUID, vCPUs and where threads run without a pin", () => {
    const xml = plain
      .replace("<name>web", "<name>a&amp;b &#x1F600; &quot;c&quot;")
      .replace("<vcpu placement='static'>4", "<vcpu current='2' cpuset='6,4-5'> 8 ");
    expect(readDomain(xml)).toMatchObject({
      name: 'a&b 😀 "c"',
      uuid: "11111111-2222-4333-8444-555555555555",
      maximumVcpus: 8,
      cpuset: "4-6",
      threadsPerCore: 1,
    });
  });
});

describe("editing", () => {
  test("puts absent elements where libvirt writes them, and takes them out again without a trace", () => {
    const set = {
      "vcpuPins.0": "2",
      "vcpuPins.1": "3",
      emulatorPin: "0-1",
      "iothreads.1": "4",
      "numa.mode": "strict",
      "numa.nodeset": "0",
    };
    const edited = edit(plain, set);
    expect(edited).toBe(
      withLines(
        "<iothreads>1</iothreads>",
        "<iothreadids>",
        "  <iothread id='1'/>",
        "</iothreadids>",
        "<cputune>",
        "  <vcpupin vcpu='0' cpuset='2'/>",
        "  <vcpupin vcpu='1' cpuset='3'/>",
        "  <emulatorpin cpuset='0-1'/>",
        "  <iothreadpin iothread='1' cpuset='4'/>",
        "</cputune>",
        "<numatune>",
        "  <memory mode='strict' nodeset='0'/>",
        "</numatune>",
      ),
    );
    expect(edit(edited, Object.fromEntries(Object.keys(set).map((key) => [key, null])))).toBe(plain);
  });

  test("changes only the attribute's value: quotes, blanks, order and neighbours stay", () => {
    const before = `<cputune><!-- a --><shares>10</shares><vcpupin  cpuset = "0"\n vcpu='1' /><?pi x?></cputune >`;
    const after = `<cputune><!-- a --><shares>10</shares><vcpupin  cpuset = "2-3"\n vcpu='1' /><?pi x?></cputune >`;
    expect(edit(withLines(before), { "vcpuPins.1": "2-3" })).toBe(withLines(after));
  });

  test("is not led astray by an attribute's name inside another's value", () => {
    const before = `<numatune><memory note=" nodeset='9' " mode="strict" nodeset="0"/></numatune>`;
    const after = `<numatune><memory note=" nodeset='9' " mode="strict" nodeset="1"/></numatune>`;
    expect(edit(withLines(before), { "numa.nodeset": "1" })).toBe(withLines(after));
  });

  test.each([
    ["a self-closing container", "<cputune />", "<cputune>\n    <emulatorpin cpuset='1'/>\n  </cputune>"],
    ["an empty container", "<cputune></cputune>", "<cputune>\n    <emulatorpin cpuset='1'/>\n  </cputune>"],
    [
      "a container with a comment alone",
      "<cputune><!-- x --></cputune>",
      "<cputune><!-- x -->\n    <emulatorpin cpuset='1'/></cputune>",
    ],
    [
      "a container with unmanaged children",
      "<cputune>\n    <shares>1</shares>\n  </cputune>",
      "<cputune>\n    <shares>1</shares>\n    <emulatorpin cpuset='1'/>\n  </cputune>",
    ],
  ])("adds to %s", (_name, before, after) => {
    expect(edit(withLines(before), { emulatorPin: "1" })).toBe(withLines(after));
  });

  test("keeps a container that still holds a comment or someone else's element", () => {
    const before = "<cputune><shares>1</shares><emulatorpin cpuset='1'/></cputune>";
    expect(edit(withLines(before), { emulatorPin: null })).toBe(withLines("<cputune><shares>1</shares></cputune>"));
    const comment = "<cputune><!-- mine --><emulatorpin cpuset='1'/></cputune>";
    expect(edit(withLines(comment), { emulatorPin: null })).toBe(withLines("<cputune><!-- mine --></cputune>"));
  });

  test("keeps CR LF, a byte order mark and a missing last line end", () => {
    const xml = `\uFEFF${plain.trimEnd().replaceAll("\n", "\r\n")}`;
    const edited = edit(xml, { emulatorPin: "1" });
    expect(edited).toBe(
      xml.replace("</vcpu>", "</vcpu>\r\n  <cputune>\r\n    <emulatorpin cpuset='1'/>\r\n  </cputune>"),
    );
    expect(edit(edited, { emulatorPin: null })).toBe(xml);
  });

  test("stays on one line where the document is one", () => {
    const xml = "<domain><name>a</name><vcpu>1</vcpu><os/></domain>";
    expect(edit(xml, { "vcpuPins.0": "7" })).toBe(
      "<domain><name>a</name><vcpu>1</vcpu><cputune><vcpupin vcpu='0' cpuset='7'/></cputune><os/></domain>",
    );
  });

  test("keeps the static parts when automatic placement gives way to a nodeset, and brings it back", () => {
    const auto = withLines(
      "<numatune><memory mode='strict' placement='auto'/><memnode cellid='0' nodeset='1'/></numatune>",
    );
    const edited = edit(auto, { "numa.nodeset": "0", "numa.placement": null });
    expect(edited).toBe(
      withLines("<numatune><memory mode='strict' nodeset='0'/><memnode cellid='0' nodeset='1'/></numatune>"),
    );
    expect(edit(edited, { "numa.nodeset": null, "numa.placement": "auto" })).toBe(auto);
  });

  test("names an added I/O thread, and counts it", () => {
    const xml = withLines("<iothreads>2</iothreads>");
    const edited = edit(xml, { "iothreads.4": "6" });
    expect(facts(edited)).toEqual({
      "vcpus.maximum": "4",
      "iothreads.1": "unpinned",
      "iothreads.2": "unpinned",
      "iothreads.4": "6",
    });
    expect(edited).toContain("<iothreads>3</iothreads>\n  <iothreadids>\n    <iothread id='4'/>\n  </iothreadids>");
    expect(edit(edited, { "iothreads.4": null })).toBe(xml);
  });

  test("names all I/O threads when a nameless one would else move to another number", () => {
    const edited = edit(withLines("<iothreads>2</iothreads>"), { "iothreads.1": null });
    expect(facts(edited)).toEqual({ "vcpus.maximum": "4", "iothreads.2": "unpinned" });
    expect(edited).toContain("<iothread id='2'/>");
  });

  test("leaves an I/O thread that has only lost its pin", () => {
    const xml = withLines("<iothreads>1</iothreads>", "<cputune><iothreadpin iothread='1' cpuset='3'/></cputune>");
    expect(edit(xml, { "iothreads.1": "unpinned" })).toBe(withLines("<iothreads>1</iothreads>"));
  });
});

describe("refusing", () => {
  test.each([
    ["no document", "", 1, "Start tag expected."],
    [
      "an element left open",
      "<domain>\n<name>a</domain>",
      2,
      "Expected closing tag 'name' (opened in line 2, col 1) instead of closing tag 'domain'.",
    ],
    ["an attribute without quotes", "<domain>\n\n<vcpu a=1>1</vcpu></domain>", 3, "Attribute 'a' is without value."],
    ["another root", "<network/>", 1, "is not a domain document: <network>"],
    ["a namespace on domain", "<domain xmlns='urn:x'/>", 1, "<domain> is in a namespace that is not libvirt's"],
    ["a document type", "<!DOCTYPE domain []>\n<domain/>", 1, "has a document type declaration: not edited"],
    ["a control character", "<domain>\n\u0001</domain>", 2, "holds a control character"],
    ["a broken declaration", "<?xml vers='1.0'?><domain/>", 1, "its XML declaration is malformed"],
  ])("%s, with line and reason", (...[, xml, line, reason]) => {
    expect(() => readDomain(xml)).toThrow(new DomainXmlError(line, reason));
  });

  test("a second element for one purpose, which libvirt cannot have written", () => {
    const xml = withLines("<cputune><emulatorpin cpuset='1'/>", "<emulatorpin cpuset='2'/></cputune>");
    expect(() => edit(xml, { emulatorPin: "3" })).toThrow(
      new DomainXmlError(6, "a second <emulatorpin> for the same purpose"),
    );
  });

  test("an edit that would not read back", () => {
    expect(() => edit(plain, { "vcpuPins.4": "1" })).toThrow("would not read back as asked");
  });
});

describe("for any document and any placement", () => {
  const set = fc
    .uniqueArray(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 4 })
    .map((cpus) => CpuSet.from(cpus).toString());
  const changes = fc.dictionary(
    fc.constantFrom("vcpuPins.0", "vcpuPins.3", "emulatorPin", "iothreads.1", "iothreads.2", "iothreads.9"),
    set,
    { minKeys: 1 },
  );
  const line = fc.constantFrom(
    "<cputune/>",
    "<cputune><shares>5</shares></cputune>",
    "<cputune>\n<!-- c --><vcpupin cpuset='1' vcpu='0'/>\n</cputune>",
    "<cputune><vcpupin vcpu='3' cpuset=\"1-2\"/><emulatorpin cpuset='3'/></cputune>",
    "<iothreads>2</iothreads>",
    "<iothreads>1</iothreads><iothreadids><iothread id='9'/></iothreadids>",
    "<numatune><memory mode='strict' nodeset='0'/></numatune>",
    "<description>a ]] &gt; b</description>",
    "<!-- - -->",
    "<?x y?>",
  );
  const name = (text: string): string => /^<(\w+)/.exec(text)?.[1] ?? text;
  const document = fc.uniqueArray(line, { selector: name }).map((lines) => withLines(...lines));

  test("set and removed leaves the facts as they were and the rest untouched", () => {
    fc.assert(
      fc.property(document, changes, (xml, wanted) => {
        const before = readDomain(xml).facts;
        const edited = edit(xml, wanted);
        expect(unmanagedText(edited)).toBe(unmanagedText(xml));
        const now = readDomain(edited).facts;
        for (const key of Object.keys(wanted)) expect(now.get(key)).toBeDefined();
        const back = edit(edited, Object.fromEntries(Object.keys(wanted).map((key) => [key, before.get(key) ?? null])));
        expect(readDomain(back).facts).toEqual(before);
        expect(unmanagedText(back)).toBe(unmanagedText(xml));
      }),
    );
  });

  test("the same placement twice is the same as once, and no change is no byte", () => {
    fc.assert(
      fc.property(document, changes, (xml, wanted) => {
        const canonical = Object.fromEntries(Object.entries(wanted).map(([key]) => [key, "4"]));
        const once = edit(xml, canonical);
        expect(edit(once, canonical)).toBe(once);
        expect(editDomain(xml, readDomain(xml).facts)).toBe(xml);
      }),
    );
  });
});
