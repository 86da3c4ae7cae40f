/* Guest NUMA cells: whole, numbered through, and known to what refers to them. */
import { CpuSet } from "../../linux/cpu-set";
import { parseSetting } from "../facts";
import { problem, warning, type Finding } from "./finding";
import { firstOf, type Judged } from "./judged";
import { cellsOf, type Cell } from "./regions";
import { named } from "./wording";

export function guestCellFindings(judged: Judged): readonly Finding[] {
  const cells = cellsOf(judged.facts);
  const whole = firstOf(judged, "numa.cells", "vcpus.maximum") !== undefined;
  return [
    ...(whole ? [...coverFindings(judged, cells), ...referenceFindings(judged, cells)] : []),
    ...(firstOf(judged, "numa.cells", "memoryBacking") === undefined ? [] : sharedFindings(judged)),
  ];
}

function coverFindings({ maximumVcpus, name }: Judged, cells: readonly Cell[]): readonly Finding[] {
  if (cells.length === 0) return [];
  const ids = cells.map(({ id }) => id);
  const gap = ids.findIndex((id, index) => id !== index);
  const numbering =
    gap === -1
      ? []
      : [problem("numa.cells", `cells ${ids.join(", ")}: libvirt numbers cells through from 0, and ${gap} is missing`)];
  if (maximumVcpus === undefined) return numbering;
  const left = CpuSet.range(0, maximumVcpus - 1).minus(CpuSet.union(cells.map(({ vcpus }) => vcpus)));
  if (left.isEmpty) return numbering;
  const reason =
    `no cell holds ${named("vCPU", left)} of the ${maximumVcpus} of ${name}, and libvirt would put ` +
    `${left.size === 1 ? "it" : "them"} into cell 0. Name each vCPU in a cell`;
  return [...numbering, problem("numa.cells", reason)];
}

function referenceFindings({ facts }: Judged, cells: readonly Cell[]): readonly Finding[] {
  const ids = new Set(cells.map(({ id }) => id));
  const there = cells.length === 0 ? "it has no cells" : `it has cells ${String(CpuSet.from(ids))}`;
  return [...facts.keys()].flatMap((setting) => {
    const parsed = parseSetting(setting);
    if (parsed.kind === "cell" && parsed.field === "nodeset" && !ids.has(parsed.cell)) {
      const reason = `binds the memory of cell ${parsed.cell}, which the guest does not have: ${there}. Give it such a cell (numa.cells with vcpus and memoryMiB)`;
      return [problem(setting, reason)];
    }
    if (parsed.kind === "cellDistance" && !ids.has(parsed.to)) {
      const reason = `is the distance to cell ${parsed.to}, which the guest does not have: ${there}. Take it away, or add the cell`;
      return [problem(setting, reason)];
    }
    return [];
  });
}

/** Anonymous memory cannot be shared with another process: libvirt 9 starts the domain all the same (formatdomain.rst). */
function sharedFindings({ facts }: Judged): readonly Finding[] {
  const source = facts.get("memoryBacking.source");
  if (facts.has("memoryBacking.hugepages") || source === "memfd" || source === "file") return [];
  return [...facts].flatMap(([setting, value]) => {
    const shares = value === "shared" && /^(numa\.cells\.\d+\.memAccess|memoryBacking\.access)$/.test(setting);
    if (!shares) return [];
    const reason =
      '"shared" does nothing for anonymous memory: set memoryBacking.source to "memfd" or "file", or use hugepages';
    return [warning(setting, reason)];
  });
}
