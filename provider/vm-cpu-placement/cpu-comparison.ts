import type { Query } from "../host/hosts";
import type { Problem } from "../resource";
import { written } from "./domain-xml/element-edit";
import type { DomainDocument } from "./domain-xml";
import { usualCheck } from "./domain-xml/cpu-facts";
import { withChanges, type Facts } from "./facts";
import type { Domain, PlacementPlan } from "./model";

/*
 * Whether this host can give a domain the model and features that it is about to get. Only libvirt knows what is in a
 * model; `virsh hypervisor-cpu-compare` asks it, and changes nothing. Asked only where a plan changes the CPU.
 */

/** Undefined: nothing to ask. */
export function cpuQuery({ rows }: PlacementPlan, domain: Domain | undefined): Query | undefined {
  const document = domain?.config ?? domain?.live;
  if (domain === undefined || document === undefined) return undefined;
  const side = domain.config === undefined ? "live" : "config";
  const mine = rows.filter((row) => row.side === side);
  if (!mine.some((row) => row.differs && /^cpu\.(model|features\.)/.test(row.setting))) return undefined;
  const after = withChanges(document.facts, new Map(mine.map((row) => [row.setting, row.desired])));
  return compareQuery(document, after);
}

/** Asks the host whether it can give a domain this CPU; undefined: nothing to ask, the CPU is made from the host. */
export function compareQuery(document: DomainDocument, facts: Facts = document.facts): Query | undefined {
  const xml = cpuXml(facts);
  if (xml === undefined) return undefined;
  const { type, emulator = "", arch = "", machine = "" } = document;
  return { name: "compare the CPU", script, args: [type, emulator, arch, machine], stdin: xml };
}

/**
 * Arguments: type, emulator, architecture, machine; each may be empty. The CPU is on stdin. Through `cat`: the stdin of
 * an SSH session may be a socket, and /dev/stdin cannot open one.
 */
const script = `
type=$1 emulator=$2 arch=$3 machine=$4
set -- hypervisor-cpu-compare /dev/stdin --error
[ -z "$type" ] || set -- "$@" --virttype "$type"
[ -z "$emulator" ] || set -- "$@" --emulator "$emulator"
[ -z "$arch" ] || set -- "$@" --arch "$arch"
[ -z "$machine" ] || set -- "$@" --machine "$machine"
cat | LC_ALL=C virsh -c qemu:///system "$@" 2>&1 || :
`;

/** Only a named model can be compared: host-passthrough and host-model are made from the host. */
function cpuXml(facts: Facts): string | undefined {
  const model = facts.get("cpu.model");
  if (facts.get("cpu.mode") !== "custom" || model === undefined) return undefined;
  const prefix = "cpu.features.";
  const features = [...facts].filter(([setting]) => setting.startsWith(prefix));
  const feature = ([setting, policy]: readonly [string, string]) => ({
    name: "feature",
    attributes: new Map([
      ["policy", policy],
      ["name", setting.slice(prefix.length)],
    ]),
  });
  return written(
    {
      name: "cpu",
      attributes: new Map([
        ["mode", "custom"],
        ["match", facts.get("cpu.match") ?? "exact"],
      ]),
      children: [{ name: "model", attributes: new Map(), text: model }, ...features.map(feature)],
    },
    "",
  );
}

interface Compared {
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** libvirt has said no; `reason` where it told why. */
export function incompatibility(answer: string): { readonly reason: string | undefined } | undefined {
  const reason = /(?:is incompatible with host CPU|incompatible): (.*)/i.exec(answer)?.[1];
  const refused = reason !== undefined || /is incompatible with the CPU provided by hypervisor/.test(answer);
  return refused ? { reason } : undefined;
}

/** What libvirt's answer means; an answer that is none (an old libvirt, another architecture) means nothing. */
export function comparedCpu(answer: string, plan: PlacementPlan, domain: Domain | undefined): Compared {
  const found = incompatibility(answer);
  const document = domain?.config ?? domain?.live;
  if (found === undefined || document === undefined) return { problems: [], warnings: [] };
  const { reason } = found;
  const model = plan.rows.find((row) => row.setting === "cpu.model")?.desired ?? document.facts.get("cpu.model") ?? "";
  const why = reason === undefined ? "" : `: ${reason}`;
  const text = `this host cannot give the domain CPU model ${model} with these features${why}`;
  const check = plan.rows.find((row) => row.setting === "cpu.check")?.desired ?? document.facts.get("cpu.check");
  const checked = (check ?? usualCheck("custom", document.type)) !== "none";
  return checked
    ? {
        problems: [{ path: "cpu.model", reason: `${text}. Choose another model, or features that it has` }],
        warnings: [],
      }
    : { problems: [], warnings: [`cpu.model: ${text}; what is missing is left out without a word (check none)`] };
}
