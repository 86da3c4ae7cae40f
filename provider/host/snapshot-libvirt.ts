import type { DomainSnapshot, DomainThread, LibvirtSnapshot } from "./snapshot";
import type { Sections } from "./snapshot-sections";

/** Lists of UUIDs, in one virsh process: the flags that a domain has. No name, which may hold anything, is printed. */
const lists = [
  ["all", "list --all --uuid"],
  ["persistent", "list --all --uuid --persistent"],
  ["active", "list --uuid"],
  ["running", "list --uuid --state-running"],
  ["paused", "list --uuid --state-paused"],
  ["shutoff", "list --all --uuid --state-shutoff"],
  ["autostart", "list --all --uuid --autostart"],
  ["managedsave", "list --all --uuid --with-managed-save"],
] as const;

/**
 * The part of the snapshot script that asks libvirt, if $libvirt is set: two virsh processes for any number of domains
 * (a third for every 400 more). Each document stands in a section of its own, behind a line with the nonce. Not with
 * --security-info: passwords stay on the host. Without -q, with which `echo` ends no line.
 */
export const libvirtScript = `
virsh_commands() { [ -z "$commands" ] || virsh -c qemu:///system "$commands" 2>/dev/null; commands=; }

if [ -n "$libvirt" ]; then
  section libvirt
  if command -v virsh >/dev/null 2>&1; then
    lists=$(virsh -c qemu:///system '${lists.map(([name, command]) => `echo ${name}; ${command}`).join("; ")}' 2>&1)
    code=$?
    printf '%s\\n' "$lists"
    section libvirt-exit
    echo $code
    commands= list=
    set -f
    for word in $lists; do
      case $list:$word in
      persistent:*-*-*-*-*) commands="$commands echo '@$nonce inactive $word'; dumpxml --inactive $word;" ;;
      active:*-*-*-*-*) commands="$commands echo '@$nonce live $word'; dumpxml $word;" ;;
      *:*[!a-z]*) ;;
      *) list=$word ;;
      esac
      [ \${#commands} -lt 100000 ] || virsh_commands
    done
    set +f
    virsh_commands
    echo
  fi
  section libvirt-pids
  grep -asH '' run/libvirt/qemu/*.pid /dev/null
  section libvirt-threads
  for name in run/libvirt/qemu/*.pid; do
    pid=
    [ -f "$name" ] && IFS= read -r pid < "$name"
    case $pid in *[!0-9]* | '') ;; *) printf '%s\\0' proc/$pid/task/*/status ;; esac
  done | xargs -0 grep -asHE '^(Name|Cpus_allowed_list):' /dev/null
  section libvirt-records
  grep -asH '' var/lib/kvm-tuning/domains/*/placement.json /dev/null
fi
`;

/** Undefined: libvirt was not asked for. */
export function parseLibvirt(sections: Sections): LibvirtSnapshot | undefined {
  const lines = sections.get("libvirt");
  if (lines === undefined) return undefined;
  const records = parseRecords(sections);
  const exit = sections.get("libvirt-exit");
  if (exit === undefined) return { unavailable: "it has no virsh: install libvirt-clients", domains: [], records };
  if (exit[0] !== "0") return { unavailable: errorsOf(lines), domains: [], records };
  const flags = parseLists(lines);
  const processes = parseProcesses(sections);
  return {
    domains: [...(flags.get("all") ?? [])].map((uuid) => domainOf(uuid, { flags, sections, processes })),
    records,
  };
}

function errorsOf(lines: readonly string[]): string {
  const errors = lines.filter((line) => line.startsWith("error: ")).map((line) => line.slice("error: ".length));
  return [...new Set(errors)].slice(0, 4).join("; ") || "virsh failed without a message";
}

type Flags = ReadonlyMap<string, ReadonlySet<string>>;

function parseLists(lines: readonly string[]): Flags {
  const flags = new Map<string, Set<string>>();
  let current: Set<string> | undefined;
  for (const line of lines.map((one) => one.trim())) {
    if (lists.some(([name]) => name === line)) {
      current = new Set();
      flags.set(line, current);
    } else if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(line)) current?.add(line);
  }
  return flags;
}

interface Parts {
  readonly flags: Flags;
  readonly sections: Sections;
  readonly processes: ReadonlyMap<string, NonNullable<DomainSnapshot["process"]>>;
}

function domainOf(uuid: string, { flags, sections, processes }: Parts): DomainSnapshot {
  const is = (flag: string): boolean => flags.get(flag)?.has(uuid) === true;
  const document = (kind: string): string | undefined =>
    sections.get(`${kind} ${uuid}`)?.join("\n").trim() || undefined;
  const [live, inactive] = [document("live"), document("inactive")];
  const name = nameOf(inactive ?? live ?? "");
  const process = live === undefined ? undefined : processes.get(name);
  return {
    uuid,
    name,
    state: is("running") ? "running" : is("paused") ? "paused" : is("shutoff") ? "shut off" : "in a passing state",
    persistent: is("persistent"),
    autostart: is("autostart"),
    managedSave: is("managedsave"),
    ...(live !== undefined && { live }),
    ...(inactive !== undefined && { inactive }),
    ...(process !== undefined && { process }),
  };
}

/** As libvirt writes it: the first element, with these entities alone. It names the file with the process id. */
function nameOf(xml: string): string {
  const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
  const text = /<name>([^<]*)<\/name>/.exec(xml)?.[1] ?? "";
  return text.replaceAll(/&(\w+);/g, (all, name: string) => entities[name] ?? all);
}

function parseProcesses(sections: Sections): Parts["processes"] {
  const threads = new Map<string, Map<number, DomainThread>>();
  for (const line of sections.get("libvirt-threads") ?? []) {
    const [, pid = "", tid = "", field, value = ""] =
      /^proc\/(\d+)\/task\/(\d+)\/status:(\w+):\s*(.*)$/.exec(line) ?? [];
    const ofProcess = threads.get(pid) ?? new Map<number, DomainThread>();
    threads.set(pid, ofProcess);
    const thread = ofProcess.get(Number(tid)) ?? { tid: Number(tid), name: "", cpus: "" };
    ofProcess.set(Number(tid), { ...thread, ...(field === "Name" ? { name: value } : { cpus: value }) });
  }
  const pids = (sections.get("libvirt-pids") ?? []).flatMap((line) => {
    const [, name, pid] = /^run\/libvirt\/qemu\/(.*)\.pid:(\d+)$/.exec(line) ?? [];
    return name === undefined || pid === undefined ? [] : [[name, pid] as const];
  });
  return new Map(
    pids.map(([name, pid]) => [name, { pid: Number(pid), threads: [...(threads.get(pid)?.values() ?? [])] }]),
  );
}

function parseRecords(sections: Sections): ReadonlyMap<string, string> {
  return new Map(
    (sections.get("libvirt-records") ?? []).flatMap((line) => {
      const [, uuid, text] = /^var\/lib\/kvm-tuning\/domains\/([0-9a-f-]{36})\/placement\.json:(.*)$/.exec(line) ?? [];
      return uuid === undefined || text === undefined ? [] : [[uuid, text] as const];
    }),
  );
}
