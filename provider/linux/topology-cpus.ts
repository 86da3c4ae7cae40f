import { cpuLimit } from "./cpu-bits";
import { CpuSet } from "./cpu-set";
import { cpuRoot, numberedFolders, quote, readNumber, readSet, type Reading } from "./topology-reading";

/** Which CPUs there are. */
export interface CpuStates {
  readonly possible: CpuSet;
  readonly present: CpuSet;
  readonly online: CpuSet;
  /** Here, but switched off: `present` or with a folder of its own, and not online. */
  readonly offline: CpuSet;
}

/**
 * The lists in /sys/devices/system/cpu, or, where one is missing (kernels before 2.6.28, guests that hide them), the
 * cpuN folders: every folder is a CPU; it is online unless cpuN/online reads 0 (the boot CPU often has no such file).
 */
export function readCpuStates(reading: Reading, folders: ReturnType<typeof readCpuFolders>): CpuStates {
  const withFolder = CpuSet.from(folders.keys());
  const switchedOff = CpuSet.from([...withFolder].filter((cpu) => onlineFile(reading, cpu) === 0));
  const online = readSet(reading, { list: `${cpuRoot}online` }) ?? withFolder.minus(switchedOff);
  const present = readSet(reading, { list: `${cpuRoot}present` }) ?? withFolder.union(online);
  const possible = readSet(reading, { list: `${cpuRoot}possible` }) ?? present.union(withFolder);
  const states = { possible, present, online, offline: present.union(withFolder).minus(online) };
  checkStates(reading, states, switchedOff);
  return states;
}

/** CPU number -> paths in its folder. */
export function readCpuFolders(reading: Reading): Map<number, string[]> {
  const folders = numberedFolders(reading.files, cpuRoot, "cpu");
  for (const cpu of [...folders.keys()].filter((number) => number >= cpuLimit)) {
    reading.problems.push(`${cpuRoot}cpu${cpu}: no kernel has that many CPUs`);
    folders.delete(cpu);
  }
  return folders;
}

function onlineFile(reading: Reading, cpu: number): number | undefined {
  return readNumber(reading, `${cpuRoot}cpu${cpu}/online`);
}

function checkStates(reading: Reading, states: CpuStates, switchedOff: CpuSet): void {
  const { possible, present, online } = states;
  const problem = (text: string) => reading.problems.push(text);
  if (online.isEmpty) problem(`no CPU is online: ${cpuRoot}online and the cpuN folders name none`);
  if (!present.isSubsetOf(possible)) problem(`CPUs ${quote(present.minus(possible))} are present but not possible`);
  if (!online.isSubsetOf(present)) problem(`CPUs ${quote(online.minus(present))} are online but not present`);
  if (online.intersects(switchedOff)) {
    problem(`CPUs ${quote(online.intersect(switchedOff))} are in ${cpuRoot}online, but their cpuN/online reads 0`);
  }
}
