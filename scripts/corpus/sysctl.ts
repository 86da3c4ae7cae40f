import { readFileSync } from "node:fs";
import { join } from "node:path";

import { fileTree } from "../../provider/linux/file-tree";
import { parseSysctlConf, sysctlKey, type SysctlAssignment } from "../../provider/linux/sysctl-conf";
import { sysctlWinner } from "../../provider/linux/sysctl-precedence";
import { difference, type CaseResult, type Corpus } from "./corpus";

interface SysctlFileRecord {
  readonly path: string;
  readonly kind: string;
  readonly entries: readonly { line: number; canonical: string; value: string | null; ignoreErrors: boolean }[];
  /** Key -> the value that is set in the end. Patterns stand for themselves. */
  readonly effective: Readonly<Record<string, string>>;
}

/** Files of sysctl.d: each line, and which value wins. */
export const sysctl: Corpus = {
  name: "sysctl",
  source: "bootcfg.tar.gz",
  run(folder) {
    const records = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as readonly SysctlFileRecord[];
    const mine = records.filter((record) => record.kind === "sysctl");
    return Promise.resolve(mine.map((record) => runCase(record, readFileSync(join(folder, record.path), "utf8"))));
  },
};

function runCase(record: SysctlFileRecord, text: string): CaseResult {
  const file = "/etc/sysctl.d/50-case.conf";
  const { assignments } = parseSysctlConf(text, file);
  const files = fileTree(new Map([[file, text]]));
  const wanted = record.entries.map((entry) => [entry.line, entry.canonical, entry.value, entry.ignoreErrors]);
  const effective = Object.entries(record.effective).filter(([key]) => !/[*?[]/.test(key));
  return {
    case: record.path,
    problems: [
      ...difference("lines", assignments.map(asRow), wanted),
      ...effective.flatMap(([key, value]) => difference(key, sysctlWinner(key, files).boot?.value, value)),
    ],
  };
}

function asRow(assignment: SysctlAssignment): readonly unknown[] {
  return [assignment.line, sysctlKey(assignment.path), assignment.value, assignment.mayFail];
}
