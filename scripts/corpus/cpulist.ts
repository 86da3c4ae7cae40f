import { readFileSync } from "node:fs";

import { CpuSet } from "../../provider/linux/cpu-set";
import { difference, type CaseResult, type Corpus } from "./corpus";

interface CpuListCase {
  readonly format: "kernel" | "libvirt" | "nova" | "strict" | "mask" | "print";
  readonly input?: string;
  readonly bits?: number;
  readonly cpus?: readonly number[];
  readonly text?: string;
  readonly error?: boolean;
}

/** CPU lists in each dialect, and printing. */
export const cpulist: Corpus = {
  name: "cpulist",
  source: "cases/cpulist-cases.json",
  run(path) {
    const { cases } = JSON.parse(readFileSync(path, "utf8")) as { cases: readonly CpuListCase[] };
    return Promise.resolve(cases.map(runCase));
  },
};

function runCase(one: CpuListCase): CaseResult {
  const name = `${one.format} ${JSON.stringify(one.input ?? one.cpus)}`;
  if (one.format === "print") {
    return { case: name, problems: difference("text", CpuSet.from(one.cpus ?? []).toString(), one.text) };
  }
  const got = parse(one);
  if (one.error === true) return { case: name, problems: got === undefined ? [] : [`accepted as ${String(got)}`] };
  return { case: name, problems: difference("CPUs", got === undefined ? "refused" : [...got], one.cpus) };
}

/** undefined: refused by the dialect. */
function parse(one: CpuListCase): CpuSet | undefined {
  const text = one.input ?? "";
  try {
    switch (one.format) {
      case "kernel":
        return CpuSet.parseKernel(text, one.bits ?? 0);
      case "libvirt":
        return CpuSet.parseLibvirt(text);
      case "nova":
        return CpuSet.parseNova(text);
      case "mask":
        return CpuSet.parseMask(text);
      case "strict":
      case "print":
        return CpuSet.parse(text);
    }
  } catch (error) {
    if (error instanceof Error && error.name === "CpuListError") return undefined;
    throw error;
  }
}
