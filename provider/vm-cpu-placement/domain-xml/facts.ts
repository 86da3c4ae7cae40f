import { canonicalSet, kibText, unpinned, type Facts } from "../facts";
import { cpuFacts } from "./cpu-facts";
import { memoryFacts } from "./memory-facts";
import { numaFacts } from "./numa-facts";
import { kibIn } from "./sizes";
import { cellsOf, childrenOf, iothreadIds, keyOf, maximumVcpus, numbersIn, setOf, vcpusOf } from "./parts";
import { childrenNamed, type XmlElement } from "./tree";

/** The managed facts of a domain element, as libvirt understands it (virDomainDefParseXML in conf/domain_conf.c). */
export function factsOf(domain: XmlElement): Facts {
  return new Map([
    ...vcpuFacts(domain),
    ...pinFacts(domain),
    ...schedulerFacts(domain),
    ...weightFacts(domain),
    ...resourceFacts(domain),
    ...numaFacts(domain),
    ...memoryFacts(domain, cellsOf(domain)),
    ...cpuFacts(domain),
  ]);
}

type Found = readonly (readonly [setting: string, value: string])[];

function vcpuFacts(domain: XmlElement): Found {
  const vcpu = childrenNamed(domain, "vcpu").at(0);
  const maximum = maximumVcpus(domain);
  const listed = childrenOf(domain, "vcpus", "vcpu");
  const given = vcpu?.attributes.get("current")?.trim();
  const current =
    listed.length > 0 ? listed.filter((one) => one.attributes.get("enabled") === "yes").length : Number(given);
  const cpuset = vcpu?.attributes.get("cpuset");
  // With its vCPUs placed by numad a domain has no set of its own.
  const auto = placedByNumad(domain);
  return [
    ["vcpus.maximum", String(maximum)],
    ...(current > 0 && current !== maximum ? [["vcpus.current", String(current)] as const] : []),
    ...(auto ? [["vcpus.placement", "auto"] as const] : []),
    ...(cpuset === undefined || auto ? [] : [["vcpuCpuset", canonicalSet(cpuset)] as const]),
  ];
}

/** Said, or followed from an automatic placement of the memory where nothing else says where the vCPUs are. */
function placedByNumad(domain: XmlElement): boolean {
  const vcpu = childrenNamed(domain, "vcpu").at(0);
  if (vcpu?.attributes.get("placement") === "auto") return true;
  const memory = childrenOf(domain, "numatune", "memory").at(0);
  if (memory?.attributes.get("placement") !== "auto" || vcpu?.attributes.has("cpuset") === true) return false;
  return !["vcpupin", "emulatorpin", "iothreadpin"].some((name) => childrenOf(domain, "cputune", name).length > 0);
}

function pinFacts(domain: XmlElement): Found {
  const pins = [...childrenOf(domain, "cputune", "vcpupin")].sort(
    (one, other) => keyOf(one, "vcpu") - keyOf(other, "vcpu"),
  );
  const emulator = childrenOf(domain, "cputune", "emulatorpin").at(0);
  const iothreadPins = childrenOf(domain, "cputune", "iothreadpin");
  return [
    ...pins
      // libvirt drops the pin of a vCPU that the domain does not have, with no more than a line in its log.
      .filter((pin) => keyOf(pin, "vcpu") < maximumVcpus(domain))
      .map((pin) => [`vcpuPins.${keyOf(pin, "vcpu")}`, setOf(pin, "cpuset")] as const),
    ...(emulator === undefined ? [] : [["emulatorPin", setOf(emulator, "cpuset")] as const]),
    ...iothreadIds(domain).map((id) => {
      const pin = iothreadPins.find((one) => keyOf(one, "iothread") === id);
      return [`iothreads.${id}`, pin === undefined ? unpinned : setOf(pin, "cpuset")] as const;
    }),
  ];
}

/** libvirt explodes `vcpus='0-3'` into four elements. */
function schedulerFacts(domain: XmlElement): Found {
  const of = (name: string, attribute: string, setting: string): Found =>
    childrenOf(domain, "cputune", name).flatMap((one) =>
      numbersIn(one, attribute).map((number) => [`${setting}.${number}`, schedulerText(one)] as const),
    );
  const emulator = childrenOf(domain, "cputune", "emulatorsched").at(0);
  const found = [
    ...of("vcpusched", "vcpus", "vcpuScheduler"),
    ...of("iothreadsched", "iothreads", "iothreadScheduler"),
  ];
  return [
    ...found.toSorted(([one], [other]) => one.localeCompare(other, "en", { numeric: true })),
    ...(emulator === undefined ? [] : [["emulatorScheduler", schedulerText(emulator)] as const]),
  ];
}

/** Only fifo and rr have a priority. */
function schedulerText(element: XmlElement): string {
  const scheduler = element.attributes.get("scheduler") ?? "";
  const priority = element.attributes.get("priority")?.trim();
  return (scheduler === "fifo" || scheduler === "rr") && priority !== undefined
    ? `${scheduler} ${priority}`
    : scheduler;
}

/** A 0 is libvirt's word for "not given"; of a quota every negative number means no limit. */
function weightFacts(domain: XmlElement): Found {
  const number = (name: string, setting: string): Found => {
    const text = childrenOf(domain, "cputune", name).at(0)?.text.trim() ?? "";
    return /^-?\d{1,20}$/.test(text) && Number(text) !== 0 ? [[setting, String(BigInt(text))]] : [];
  };
  return [
    ...number("shares", "cpuShares"),
    ...number("period", "cpuBandwidth.periodMicroseconds"),
    ...number("quota", "cpuBandwidth.quotaMicroseconds"),
  ];
}

/** Shares of the last-level cache and of memory bandwidth (resctrl). */
function resourceFacts(domain: XmlElement): Found {
  const groupOf = (group: XmlElement): string => vcpusOf(domain, group);
  const caches = childrenOf(domain, "cputune", "cachetune").flatMap((group) =>
    childrenNamed(group, "cache").flatMap((one) => cacheTuneFact(groupOf(group), one)),
  );
  const nodes = childrenOf(domain, "cputune", "memorytune").flatMap((group) =>
    childrenNamed(group, "node").flatMap((node): Found => {
      const [vcpus, id] = [groupOf(group), keyOf(node, "id")];
      const nothing = vcpus === "" || Number.isNaN(id);
      return nothing ? [] : [[`memoryTune.${vcpus}.node${id}`, node.attributes.get("bandwidth")?.trim() ?? ""]];
    }),
  );
  return [...caches, ...nodes];
}

function cacheTuneFact(vcpus: string, cache: XmlElement): Found {
  const { attributes } = cache;
  const [level, id] = [keyOf(cache, "level"), keyOf(cache, "id")];
  if (vcpus === "" || Number.isNaN(level) || Number.isNaN(id)) return [];
  const kib = kibIn(attributes.get("size"), attributes.get("unit") ?? "B") ?? 0n;
  return [[`cacheTune.${vcpus}.L${level}.${id}.${attributes.get("type") ?? "both"}`, kibText(kib)]];
}
