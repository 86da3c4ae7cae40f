/* vCPU numbers and counts: what libvirt drops without a word, or refuses only when the domain starts. */
import { CpuSet } from "../../linux/cpu-set";
import { inOrder } from "../desired-pins";
import { parseSetting, type FactChanges } from "../facts";
import { problem, type Finding } from "./finding";
import { firstOf, readSet, type Judged } from "./judged";
import { named } from "./wording";

export function vcpuFindings(judged: Judged): readonly Finding[] {
  const { maximumVcpus } = judged;
  if (maximumVcpus === undefined) return [];
  const known = { ...judged, maximumVcpus };
  return [...numberFindings(known), ...countFindings(known), ...definitionFindings(known), ...listedFindings(judged)];
}

type Known = Judged & { readonly maximumVcpus: number };

interface Named {
  readonly setting: string;
  readonly verb: string;
  readonly vcpus: CpuSet;
}

/** Settings that name vCPUs, with what they do to them. */
function namedVcpus(facts: FactChanges): readonly Named[] {
  return [...facts].flatMap(([setting, value]): readonly Named[] => {
    if (value === null) return [];
    const parsed = parseSetting(setting);
    if (parsed.kind === "vcpuPin") return [{ setting, verb: "pins", vcpus: CpuSet.of(parsed.vcpu) }];
    if (parsed.kind === "vcpuScheduler") return [{ setting, verb: "schedules", vcpus: CpuSet.of(parsed.vcpu) }];
    if (parsed.kind === "cell" && parsed.field === "vcpus")
      return [{ setting, verb: "puts into guest cells", vcpus: readSet(value) }];
    if (parsed.kind !== "cacheTune" && parsed.kind !== "memoryTune") return [];
    const verb = parsed.kind === "cacheTune" ? "gives cache to" : "gives bandwidth to";
    // A group is one element, whatever it holds.
    return [{ setting: `${parsed.kind}.${parsed.vcpus}`, verb, vcpus: readSet(parsed.vcpus) }];
  });
}

const atMost = (maximum: number): string => `it has ${maximum} at most (0-${maximum - 1})`;

function numberFindings({ fields, wanted, name, maximumVcpus }: Known): readonly Finding[] {
  const { vcpuPins } = fields;
  const isList = typeof vcpuPins === "string";
  const count = isList ? inOrder(vcpuPins).length : maximumVcpus;
  const reason =
    `names ${count} CPUs for the ${maximumVcpus} vCPUs of ${name}: ` +
    "a list is one CPU for each, in order. Give as many, or a map from vCPU to CPUs";
  const beyond = new Map(
    namedVcpus(wanted)
      .filter(({ verb }) => !(isList && verb === "pins"))
      .flatMap(({ setting, vcpus }) => {
        const over = above(vcpus, maximumVcpus);
        if (over.isEmpty) return [];
        const what = vcpus.size === 1 ? "such vCPU" : named("vCPU", over);
        return [[setting, problem(setting, `${name} has no ${what}: ${atMost(maximumVcpus)}`)] as const];
      }),
  );
  return [...(count === maximumVcpus ? [] : [problem("vcpuPins", reason)]), ...beyond.values()];
}

const above = (vcpus: CpuSet, maximum: number): CpuSet => CpuSet.from([...vcpus].filter((vcpu) => vcpu >= maximum));

function countFindings(judged: Known): readonly Finding[] {
  const { facts, name, maximumVcpus } = judged;
  const path = firstOf(judged, "vcpus.current", "vcpus.maximum");
  const current = Number(facts.get("vcpus.current") ?? maximumVcpus);
  if (path === undefined || current <= maximumVcpus) return [];
  const reason = `${current} vCPUs cannot be in use: ${name} has ${maximumVcpus} at most. Raise vcpus.maximum, or lower vcpus.current`;
  return [problem(path, reason)];
}

/** What stays in the definition and would speak of vCPUs that are no longer there. */
function definitionFindings({ facts, wanted, maximumVcpus }: Known): readonly Finding[] {
  if (!wanted.has("vcpus.maximum")) return [];
  const staying = namedVcpus(new Map([...facts].filter(([setting]) => !wanted.has(setting))));
  return [...Map.groupBy(staying, ({ verb }) => verb)].flatMap(([verb, all]) => {
    const over = above(CpuSet.union(all.map(({ vcpus }) => vcpus)), maximumVcpus);
    if (over.isEmpty) return [];
    const away = verb === "pins" ? "those pins" : "that";
    const reason = `${maximumVcpus} leaves out ${named("vCPU", over)}, which the definition ${verb}: take ${away} away first`;
    return [problem("vcpus.maximum", reason)];
  });
}

/** `<vcpus>` says of each vCPU whether it is plugged, and libvirt keeps the two numbers and the list in step. */
function listedFindings({ wanted, document, name }: Judged): readonly Finding[] {
  if (document?.listsVcpus !== true) return [];
  return ["vcpus.maximum", "vcpus.current"].flatMap((path) => {
    if (!wanted.has(path) || (wanted.get(path) ?? null) === (document.facts.get(path) ?? null)) return [];
    const reason = `the definition of ${name} lists each vCPU (<vcpus>), and a count beside that list would contradict it: change it there (virsh edit)`;
    return [problem(path, reason)];
  });
}
