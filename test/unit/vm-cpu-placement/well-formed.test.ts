import { readDomain } from "../../../provider/vm-cpu-placement/domain-xml";

const xml = `<?xml version="1.0" encoding="UTF-8"?>
<!-- first -->
<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>a&amp;b</name>
  <memory unit='KiB'>1048576</memory>
  <vcpu>4</vcpu>
  <cputune><vcpupin vcpu='0' cpuset = "1"/><!-- pin --></cputune>
  <description><![CDATA[x <y> & z --]]> &#x41; ]] > é</description>
  <?tool data?>
  <qemu:commandline><qemu:arg value='a>b'/></qemu:commandline>
</domain>
`;

test("a well-formed document is read, whatever is in it", () => {
  expect(readDomain(xml).name).toBe("a&b");
  expect(readDomain(`\uFEFF${xml}<!-- last -->\n<?tool?>\n`).facts.get("vcpuPins.0")).toBe("1");
});

/** What XML forbids, and libvirt therefore refuses. */
test.each([
  ["an unknown entity", "a&amp;b", "a&foo;b"],
  ["an entity of HTML", "a&amp;b", "a&nbsp;b"],
  ["a bare &", "a&amp;b", "a & b"],
  ["an entity within an attribute", "vcpu='0'", "vcpu='&foo;'"],
  ["a bare & within an attribute", "vcpu='0'", "vcpu='&'"],
  ["a < within an attribute", "vcpu='0'", "vcpu='<0'"],
  ["an attribute without quotes", "vcpu='0'", "vcpu=0"],
  ["an attribute without a value", "vcpu='0'", "vcpu"],
  ["an attribute twice", "vcpu='0'", "vcpu='0' vcpu='1'"],
  ["attributes without a blank between", "vcpu='0' ", "vcpu='0'"],
  ["a number that begins a name", "<vcpupin", "<1vcpupin"],
  ["-- within a comment", "<!-- pin -->", "<!-- p -- in -->"],
  ["a comment that ends in three", "<!-- pin -->", "<!-- pin --->"],
  ["a comment without an end", "<!-- pin -->", "<!-- pin"],
  ["]]> within a text", "]] >", "]]>"],
  ["a character 0", "&#x41;", "&#0;"],
  ["half of a pair of characters", "&#x41;", "&#xd800;"],
  ["a character that is none", "&#x41;", "&#x110000;"],
  ["a second XML declaration", "<?tool data?>", "<?xml version='1.0'?>"],
  ["an instruction with XML's own name", "<?tool data?>", "<?XML data?>"],
  ["an instruction without a name", "<?tool data?>", "<? data?>"],
  ["an element without an end", "</cputune>", ""],
  ["a text behind the root", "</domain>\n", "</domain>text"],
  ["CDATA behind the root", "</domain>\n", "</domain><![CDATA[x]]>"],
  ["a second root", "</domain>\n", "</domain><domain/>"],
  ["a blank before the declaration", '<?xml version="1.0"', ' <?xml version="1.0"'],
  ["another version of XML", 'version="1.0"', 'version="2.0"'],
])("%s is refused with line and reason", (_, text, malformed) => {
  expect(xml).toContain(text);
  expect(() => readDomain(xml.replace(text, () => malformed))).toThrow(/^domain XML, line \d+: ./);
});
