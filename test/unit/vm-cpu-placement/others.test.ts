import type { PromisedDomain } from "../../../provider/host/hosts";
import type { DomainSnapshot, HostSnapshot } from "../../../provider/host/snapshot";
import { isOfSameStack } from "../../../provider/urn";
import * as domainXml from "../../../provider/vm-cpu-placement/domain-xml";
import { otherDomains } from "../../../provider/vm-cpu-placement/others";
import { placementState } from "../../../provider/vm-cpu-placement/placement-state";
import { recordText } from "../../../provider/vm-cpu-placement/record";
import { snapshotOf } from "../../support/snapshot";

const uuids = {
  db: "11111111-2222-4333-8444-555555555555",
  web: "66666666-7777-4888-9999-aaaaaaaaaaaa",
  mail: "bbbbbbbb-cccc-4ddd-8eee-ffffffffffff",
};
type Name = keyof typeof uuids;
const urnOf = (name: string, stack = "prod"): string => `urn:pulumi:${stack}::racks::t::${name}`;
const xml = (name: Name, emulator: string, vcpus = 2): string =>
  `<domain type='kvm'><name>${name}</name><uuid>${uuids[name]}</uuid><vcpu>${vcpus}</vcpu>` +
  `<cputune><emulatorpin cpuset='${emulator}'/></cputune></domain>`;
const domain = (name: Name, more: Partial<DomainSnapshot> = {}): DomainSnapshot => ({
  uuid: uuids[name],
  name,
  state: "shut off",
  persistent: true,
  autostart: false,
  managedSave: false,
  snapshots: false,
  inactive: xml(name, "1"),
  ...more,
});
const none = { live: {}, config: {} };
const record = (name: Name, urn: string) =>
  [uuids[name], recordText({ uuid: uuids[name], urn, original: none, wrote: none })] as const;

function host(
  domains: readonly DomainSnapshot[],
  records: readonly (readonly [string, string])[] = [],
): HostSnapshot & { readonly libvirt: NonNullable<HostSnapshot["libvirt"]> } {
  return { ...snapshotOf({}), libvirt: { domains, records: new Map(records), capabilities: new Map() } };
}
const promise = (name: string, more: Partial<PromisedDomain> = {}): PromisedDomain => ({
  name,
  uuid: uuids[name as Name],
  urn: urnOf(name),
  facts: new Map([["emulatorPin", "7"]]),
  maximumVcpus: 8,
  ...more,
});
const self = { uuid: uuids.db, name: "db" };
const asDb = (promised: readonly PromisedDomain[] = []) => ({ self, promised, urn: urnOf("db") });
const short = (snapshot: HostSnapshot, asked: Parameters<typeof otherDomains>[1]) =>
  otherDomains(snapshot, asked).map(({ name, owner, promised, facts }) => ({
    name,
    owner,
    promised,
    pin: facts.get("emulatorPin"),
  }));

test("all but the one being placed, as they run, else as they are defined", () => {
  const live = xml("mail", "3", 4);
  const snapshot = host([domain("db"), domain("web", { autostart: true }), domain("mail", { state: "running", live })]);
  expect(otherDomains(snapshot, asDb())).toEqual([
    {
      name: "web",
      uuid: uuids.web,
      running: false,
      autostart: true,
      owner: undefined,
      promised: false,
      facts: new Map([
        ["vcpus.maximum", "2"],
        ["emulatorPin", "1"],
      ]),
      maximumVcpus: 2,
    },
    {
      name: "mail",
      uuid: uuids.mail,
      running: true,
      autostart: false,
      owner: undefined,
      promised: false,
      facts: new Map([
        ["vcpus.maximum", "4"],
        ["emulatorPin", "3"],
      ]),
      maximumVcpus: 4,
    },
  ]);
});

test("another stack's counts as it is; a damaged record has an owner without a name", () => {
  const records = [record("web", urnOf("web", "test")), [uuids.mail, "{"] as const];
  expect(short(host([domain("web"), domain("mail")], records), asDb())).toEqual([
    { name: "web", owner: urnOf("web", "test"), promised: false, pin: "1" },
    { name: "mail", owner: "", promised: false, pin: "1" },
  ]);
});

test("one of the same stack counts once it is promised, and then as promised: so two can swap CPUs", () => {
  const snapshot = host([domain("db"), domain("web")], [record("db", urnOf("db")), record("web", urnOf("web"))]);
  expect(short(snapshot, asDb())).toEqual([]);
  expect(short(snapshot, asDb([promise("web")]))).toEqual([
    { name: "web", owner: urnOf("web"), promised: true, pin: "7" },
  ]);
});

test("a promise for a domain that nobody has placed yet counts too, by UUID or by name", () => {
  const snapshot = host([domain("web"), domain("mail")]);
  expect(short(snapshot, asDb([promise("web"), promise("mail", { uuid: undefined })]))).toEqual([
    { name: "web", owner: urnOf("web"), promised: true, pin: "7" },
    { name: "mail", owner: urnOf("mail"), promised: true, pin: "7" },
  ]);
});

test("a domain that is not there yet counts as promised", () => {
  const cache = promise("cache", { uuid: undefined });
  expect(otherDomains(host([]), asDb([cache]))).toEqual([
    {
      name: "cache",
      uuid: undefined,
      running: false,
      autostart: false,
      owner: urnOf("cache"),
      promised: true,
      facts: new Map([["emulatorPin", "7"]]),
      maximumVcpus: 8,
    },
  ]);
});

test("what the resource itself has promised before is none of the others'", () => {
  const own = [promise("db"), promise("old", { uuid: undefined, urn: urnOf("db") })];
  expect(short(host([domain("db")]), asDb(own))).toEqual([]);
});

test("without a run every domain counts as it is", () => {
  const snapshot = host([domain("db"), domain("web")], [record("web", urnOf("web"))]);
  expect(short(snapshot, { self, promised: [], urn: undefined })).toEqual([
    { name: "web", owner: urnOf("web"), promised: false, pin: "1" },
  ]);
});

test("a document that cannot be read, or went away, is passed over", () => {
  const gone = domain("mail");
  const { inactive: _inactive, ...withoutDocument } = gone;
  expect(short(host([domain("web", { inactive: "<domain>" }), withoutDocument]), asDb())).toEqual([]);
});

test("documents are parsed once for all placements of a host", () => {
  const parse = jest.spyOn(domainXml, "readDomain");
  const snapshot = host([domain("db"), domain("web"), domain("mail")]);
  for (let placement = 0; placement < 50; placement++) otherDomains(snapshot, asDb());
  expect(parse).toHaveBeenCalledTimes(3);
  parse.mockRestore();
});

test("the state of a placement holds the others and the host", () => {
  const snapshot = host([domain("db", { autostart: true, snapshots: true }), domain("web")]);
  const { domain: placed, others, host: facts } = placementState(snapshot, "db");
  expect([placed?.name, placed?.autostart, placed?.snapshots]).toEqual(["db", true, true]);
  expect(others.map(({ name }) => name)).toEqual(["web"]);
  expect(facts.numad).toBe(false);
  const absent = placementState(snapshot, "cache", { promised: [promise("web")], urn: urnOf("cache") });
  expect(absent.domain).toBeUndefined();
  expect(absent.others.map(({ name, promised }) => [name, promised])).toEqual([
    ["db", false],
    ["web", true],
  ]);
});

test.each([
  ["urn:pulumi:a::p::t::x", "urn:pulumi:a::p::u$t::y", true],
  ["urn:pulumi:a::p::t::x", "urn:pulumi:b::p::t::x", false],
  ["urn:pulumi:a::p::t::x", "urn:pulumi:a::q::t::x", false],
  ["", "urn:pulumi:a::p::t::x", false],
])("%s and %s are of one stack: %s", (one, other, same) => {
  expect(isOfSameStack(one, other)).toBe(same);
});
