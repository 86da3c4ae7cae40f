import type { DomainCgroup, DomainProcess, DomainSnapshot, DomainThread } from "./snapshot";
import type { Sections } from "./snapshot-sections";

/**
 * What the kernel says of the processes of running domains, and what numad advised: of a domain's status file, which
 * holds passwords, that line alone is printed. Of a thread's stat file only from the state to the policy: comm, before
 * it, is free text, so what counts is the `)` that so many numbers follow.
 *
 * A domain's cgroup is found by that of its process, which libvirt has put into `SCOPE/libvirt/emulator` (before 7.1:
 * `SCOPE/emulator`). cgroup v2 has the one line `0::PATH`, v1 a line for each controller.
 */
export const processScript = `
  section libvirt-pids
  pids=
  for name in run/libvirt/qemu/*.pid; do
    pid=
    [ -f "$name" ] && IFS= read -r pid < "$name"
    case $pid in *[!0-9]* | '') ;; *) pids="$pids $pid"; printf '%s:%s\\n' "$name" "$pid" ;; esac
  done
  section libvirt-threads
  for pid in $pids; do printf '%s\\0' proc/$pid/task/*/status proc/$pid/task/*/stat; done |
    xargs -0 grep -asHoE '^(Name|Cpus_allowed_list):.*|[)] [A-Za-z]( -?[0-9]+){38}' /dev/null
  section libvirt-cgroups
  for pid in $pids; do
    printf '%s\\0' proc/$pid/cgroup
    [ -f proc/$pid/cgroup ] && while IFS=: read -r hierarchy controllers path; do
      case $controllers in '') folder=sys/fs/cgroup ;; cpuset) folder=sys/fs/cgroup/cpuset ;; *) continue ;; esac
      case $path in */emulator | */libvirt) ;; *) continue ;; esac
      path=\${path%/emulator}; path=$folder\${path%/libvirt}
      for name in cpuset.cpus cpuset.mems cpu.weight
      do printf '%s\\0' "$path/$name" "$path"/*/$name "$path"/libvirt/*/$name; done
      printf '%s\\0' "$path/memory.numa_stat"
    done < proc/$pid/cgroup
  done | xargs -0 grep -asH '' /dev/null
  section libvirt-numad
  grep -asHE "^ *<numad nodeset='[0-9,-]*'( cpuset='[0-9,-]*')?/>$" run/libvirt/qemu/*.xml /dev/null
`;

/** By the domain's name. */
export function parseProcesses(sections: Sections): ReadonlyMap<string, DomainProcess> {
  const threads = parseThreads(sections.get("libvirt-threads") ?? []);
  const groups = parseCgroups(sections.get("libvirt-cgroups") ?? []);
  return new Map(
    (sections.get("libvirt-pids") ?? []).flatMap((line) => {
      const [, name, pid = ""] = /^run\/libvirt\/qemu\/(.*)\.pid:(\d+)$/.exec(line) ?? [];
      if (name === undefined) return [];
      const process = { pid: Number(pid), threads: [...(threads.get(pid)?.values() ?? [])], ...groups.get(pid) };
      return [[name, process] as const];
    }),
  );
}

/** By the domain's name. */
export function parseNumad(sections: Sections): ReadonlyMap<string, NonNullable<DomainSnapshot["numad"]>> {
  const advice = new Map<string, NonNullable<DomainSnapshot["numad"]>>();
  for (const line of sections.get("libvirt-numad") ?? []) {
    const [, name, nodeset, cpus = ""] =
      /^run\/libvirt\/qemu\/(.*)\.xml: *<numad nodeset='([^']*)'(?: cpuset='([^']*)')?\/>$/.exec(line) ?? [];
    // The file begins with libvirt's own elements: a later such line is text of the domain.
    if (name !== undefined && nodeset !== undefined && !advice.has(name)) advice.set(name, { nodeset, cpus });
  }
  return advice;
}

/** Scheduling policies by the kernel's number (include/uapi/linux/sched.h). */
const policies: Readonly<Record<string, NonNullable<DomainThread["policy"]>>> = {
  0: "other",
  1: "fifo",
  2: "rr",
  3: "batch",
  5: "idle",
  6: "deadline",
};

/** By process id, then by thread id. */
function parseThreads(lines: readonly string[]): ReadonlyMap<string, ReadonlyMap<string, DomainThread>> {
  const threads = new Map<string, Map<string, DomainThread>>();
  for (const line of lines) {
    const [, pid = "", tid = "", text = ""] = /^proc\/(\d+)\/task\/(\d+)\/stat(?:us)?:(.*)$/.exec(line) ?? [];
    const part = threadPart(text);
    if (part === undefined) continue;
    const ofProcess = threads.get(pid) ?? new Map<string, DomainThread>();
    threads.set(pid, ofProcess);
    ofProcess.set(tid, { tid: Number(tid), name: "", cpus: "", ...ofProcess.get(tid), ...part });
  }
  return threads;
}

/** `Name:` and `Cpus_allowed_list:` of status; `) S 1 ...` of stat, where rt_priority and policy are the last two. */
function threadPart(text: string): Partial<DomainThread> | undefined {
  const [, field, value = ""] = /^(Name|Cpus_allowed_list):\s*(.*)$/.exec(text) ?? [];
  if (field !== undefined) return field === "Name" ? { name: value } : { cpus: value };
  const [, priority, number = ""] = /^\) [A-Za-z](?: -?\d+){36} (\d+) (\d+)$/.exec(text) ?? [];
  const policy = policies[number];
  if (policy === undefined) return undefined;
  return { policy, ...((policy === "fifo" || policy === "rr") && { priority: Number(priority) }) };
}

type Groups = Pick<DomainProcess, "cgroups" | "memoryByNodeKiB">;

/** By process id. */
function parseCgroups(lines: readonly string[]): ReadonlyMap<string, Groups> {
  const groups = new Map<string, Groups>();
  const files = lines.flatMap((line) => {
    const [, folder, name, text = ""] =
      /^(sys\/fs\/cgroup\/.*?)\/(cpuset\.cpus|cpuset\.mems|cpu\.weight|memory\.numa_stat):(.*)$/.exec(line) ?? [];
    return folder === undefined || name === undefined || text === "" ? [] : [{ folder, name, text }];
  });
  for (const line of lines) {
    const [, pid, controllers = "", path = ""] = /^proc\/(\d+)\/cgroup:\d+:([^:]*):(.*)$/.exec(line) ?? [];
    const scope = /^(.*?)(?:\/libvirt)?(?:\/emulator)?$/.exec(path)?.[1] ?? "";
    if (pid === undefined || scope === "" || scope === path || !["", "cpuset"].includes(controllers)) continue;
    const folder = `sys/fs/cgroup${controllers === "" ? "" : "/cpuset"}${scope}`;
    const own = files.filter((file) => file.folder === folder || file.folder.startsWith(`${folder}/`));
    const found = ofScope(own.map((file) => ({ ...file, folder: file.folder.slice(folder.length) })));
    if (own.length > 0) groups.set(pid, { ...groups.get(pid), ...found });
  }
  return groups;
}

interface CgroupLine {
  /** Below the scope: "", `/libvirt`, `/libvirt/vcpu0`, or `/vcpu0`. */
  readonly folder: string;
  readonly name: string;
  readonly text: string;
}

function ofScope(lines: readonly CgroupLine[]): Groups {
  const cgroups = new Map<string, DomainCgroup>();
  const memory = new Map<number, number>();
  // `libvirt` is the domain's too, and below the scope: what it says is the narrower.
  for (const { folder, name, text } of lines.toSorted((one, other) => one.folder.length - other.folder.length)) {
    const group = folder.replace(/^\/libvirt(?=\/|$)/, "").slice(1);
    if (name === "cpuset.cpus") cgroups.set(group, { ...cgroups.get(group), cpus: text });
    else if (name === "cpuset.mems") cgroups.set(group, { ...cgroups.get(group), mems: text });
    // But libvirt has its weight set by systemd, on the scope.
    else if (name === "cpu.weight") cgroups.set(group, { weight: Number(text), ...cgroups.get(group) });
    // shmem, a line of its own, is a part of file.
    else if (/^(anon|file) /.test(text)) addByNode(memory, text);
  }
  return { ...(cgroups.size > 0 && { cgroups }), ...(memory.size > 0 && { memoryByNodeKiB: memory }) };
}

/** `anon N0=4096 N1=0`, in bytes. */
function addByNode(memory: Map<number, number>, text: string): void {
  for (const [, node, bytes] of text.matchAll(/ N(\d+)=(\d+)/g)) {
    memory.set(Number(node), (memory.get(Number(node)) ?? 0) + Number(bytes) / 1024);
  }
}
