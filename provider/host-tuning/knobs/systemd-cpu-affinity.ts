/*
 * CPUs of systemd and of all services that it starts, unless a unit has its own CPUAffinity=. Running: the affinity of
 * PID 1, /proc/1/status; services that run already keep theirs until they are started again, at the latest by a boot.
 * Persistent: /etc/systemd/system.conf.d/zz-kvm-tuning.conf. daemon-reload applies CPUAffinity= to PID 1 only in newer
 * releases, daemon-reexec does not, and neither widens it again: PID 1 is set by taskset, to what the files say.
 * Domains are not concerned: libvirt gives each of their threads its affinity itself.
 * Source: systemd-system.conf(5); update_cpu_affinity() in systemd's src/core/main.c
 */
import { CpuSet } from "../../linux/cpu-set";
import { kernelValues, parseKernelLine } from "../../linux/kernel-args";
import type { HostSnapshot } from "../../host/snapshot";
import { defineKnob, type OwnFile, type Setting } from "../knob";
import { cpusProblem } from "./cpu-mask-file";
import { cpuList, offlineCpus } from "./per-cpu";

const folder = "/etc/systemd/system.conf.d";
const path = `${folder}/zz-kvm-tuning.conf`;
const source = "/proc/1/status";

export const systemdCpuAffinity = defineKnob({
  schema: cpuList,
  settings: (desired, snapshot) => [row(CpuSet.parse(desired), snapshot)],
  observe: (desired, snapshot) => {
    const actual = running(snapshot, CpuSet.parse(desired));
    return actual?.toString() ?? desired;
  },
});

/** The kernel leaves CPUs out that are offline when it is told (sched_setaffinity(2)): they are not compared. */
function running(snapshot: HostSnapshot, desired: CpuSet): CpuSet | undefined {
  const list = /^Cpus_allowed_list:\s*([0-9,-]+)$/m.exec(snapshot.files.text(source) ?? "")?.[1];
  if (list === undefined) return undefined;
  const actual = CpuSet.parse(list);
  const offline = offlineCpus(snapshot);
  return actual.minus(offline).equals(desired.minus(offline)) ? desired : actual;
}

function row(cpus: CpuSet, snapshot: HostSnapshot): Setting {
  const actual = running(snapshot, cpus);
  const problem = cpusProblem(cpus, snapshot);
  const file = fileFor(cpus);
  // Behind a file that is written now comes what applies it: reload-commands.ts.
  const written = `${snapshot.files.text(path) ?? ""}\n` !== file.content;
  const warning = warnings({ cpus, actual }, snapshot).join("; ");
  return {
    name: "systemdCpuAffinity",
    desired: cpus.toString(),
    actual: actual?.toString() ?? null,
    impact: "live",
    source,
    remedy: "Another file of system.conf.d, or the cpuset of a cgroup, keeps PID 1 elsewhere.",
    ...(snapshot.units.size === 0 || actual === undefined
      ? { notApplicable: `this host has no systemd, or no ${source}` }
      : problem !== undefined && { problem }),
    ...(warning !== "" && { warning }),
    write: [],
    boot: [],
    files: [file],
    ...(!written && { prepare: [["taskset", "-pc", cpus.toString(), "1"]] }),
  };
}

/** The empty line takes back what files before it have set: lists are merged. */
function fileFor(cpus: CpuSet): OwnFile {
  const content = `# Written by pulumi-kvm-tuning. Change the Pulumi program, not this file: the next \`pulumi up\` writes it again.
[Manager]
CPUAffinity=
CPUAffinity=${cpus.toString()}
`;
  return { path, content, mode: "0644" };
}

function warnings(
  { cpus, actual }: { cpus: CpuSet; actual: CpuSet | undefined },
  snapshot: HostSnapshot,
): readonly string[] {
  const later = laterFiles(snapshot);
  const given = kernelValues(parseKernelLine(snapshot.files.text("/proc/cmdline") ?? ""), "systemd.cpu_affinity").at(
    -1,
  );
  return [
    ...(actual === undefined || actual.equals(cpus)
      ? []
      : [
          "services that run now keep their CPUs until they are started again, at the latest by the next boot; domains are not concerned, libvirt sets theirs",
        ]),
    ...(later.length === 0 ? [] : [`${later.join(" and ")} sets CPUAffinity= after our file: remove that line`]),
    ...(given === undefined ? [] : ["systemd.cpu_affinity= on the kernel's command line wins at boot: take it off"]),
  ];
}

/** Files are read in the order of their names, whatever folder they are in. */
function laterFiles(snapshot: HostSnapshot): readonly string[] {
  const folders = ["/etc", "/run", "/usr/local/lib", "/usr/lib"].map((root) => `${root}/systemd/system.conf.d/`);
  return folders
    .flatMap((one) => snapshot.files.paths(one))
    .filter((file) => (file.split("/").at(-1) ?? "") > "zz-kvm-tuning.conf")
    .filter((file) => /^\s*CPUAffinity\s*=/m.test(snapshot.files.text(file) ?? ""));
}
