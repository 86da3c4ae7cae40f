import type { DomainProcess, DomainSnapshot, LibvirtSnapshot } from "./snapshot";
import { parseNumad, parseProcesses, processScript } from "./snapshot-processes";
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
  ["snapshots", "list --all --uuid --with-snapshot"],
  ["managedsave", "list --all --uuid --with-managed-save"],
] as const;

const domainTypes = ["kvm", "qemu"] as const;

/**
 * Functions of the snapshot script that ask libvirt: two virsh processes for any number of domains (a third for every
 * 400 more). Each document stands in a section of its own, behind a line with the nonce. Not with --security-info:
 * passwords stay on the host. Without -q, with which `echo` ends no line. A host without KVM has no capabilities of type
 * kvm: virsh says so on stderr, and goes on.
 *
 * A virsh process takes a while to begin, so what needs no answer of it is read meanwhile.
 */
export const libvirtFunctions = `
# What flags each domain has, and virsh's exit status; nothing without virsh.
domain_lists() {
  command -v virsh >/dev/null 2>&1 || return
  virsh -c qemu:///system '${lists.map(([name, command]) => `echo ${name}; ${command}`).join("; ")}' 2>&1
  code=$?
  echo
  section libvirt-exit
  echo $code
}

virsh_commands() { [ -z "$commands" ] || virsh -c qemu:///system "$commands" 2>/dev/null; commands=; }

# The documents of the domains in $lists, if libvirt has answered.
domain_documents() {
  case $lists in *" libvirt-exit
0") ;; *) return ;; esac
  commands="${domainTypes.map((type) => `echo '@$nonce capabilities ${type}'; domcapabilities --virttype ${type};`).join(" ")}"
  list=
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
  virsh_commands
  echo
}

# Everything of domains; stdin: what domain_lists prints.
domain_sections() {
  section libvirt
  lists=$(cat)
  printf '%s\\n' "$lists"
  domain_documents </dev/null | {
    exec 4<&0 </dev/null
${processScript}
    section libvirt-records
    grep -asH '' var/lib/kvm-tuning/domains/*/placement.json /dev/null
    cat <&4
  }
}
`;

/** Undefined: libvirt was not asked for. */
export function parseLibvirt(sections: Sections): LibvirtSnapshot | undefined {
  const lines = sections.get("libvirt");
  if (lines === undefined) return undefined;
  const records = parseRecords(sections);
  const capabilities = parseCapabilities(sections);
  const exit = sections.get("libvirt-exit");
  if (exit === undefined)
    return { unavailable: "it has no virsh: install libvirt-clients", domains: [], records, capabilities };
  if (exit[0] !== "0") return { unavailable: errorsOf(lines), domains: [], records, capabilities };
  const flags = parseLists(lines);
  const parts = { flags, sections, processes: parseProcesses(sections), numad: parseNumad(sections) };
  return {
    domains: [...(flags.get("all") ?? [])].map((uuid) => domainOf(uuid, parts)),
    records,
    capabilities,
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
  readonly processes: ReadonlyMap<string, DomainProcess>;
  readonly numad: ReadonlyMap<string, NonNullable<DomainSnapshot["numad"]>>;
}

function domainOf(uuid: string, { flags, sections, processes, numad }: Parts): DomainSnapshot {
  const is = (flag: string): boolean => flags.get(flag)?.has(uuid) === true;
  const [live, inactive] = [textOf(sections, `live ${uuid}`), textOf(sections, `inactive ${uuid}`)];
  const name = nameOf(inactive ?? live ?? "");
  const process = live === undefined ? undefined : processes.get(name);
  const advice = live === undefined ? undefined : numad.get(name);
  return {
    uuid,
    name,
    state: is("running") ? "running" : is("paused") ? "paused" : is("shutoff") ? "shut off" : "in a passing state",
    persistent: is("persistent"),
    autostart: is("autostart"),
    managedSave: is("managedsave"),
    snapshots: is("snapshots"),
    ...(live !== undefined && { live }),
    ...(inactive !== undefined && { inactive }),
    ...(advice !== undefined && { numad: advice }),
    ...(process !== undefined && { process }),
  };
}

/** As libvirt writes it: the first element, with these entities alone. It names the file with the process id. */
function nameOf(xml: string): string {
  const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
  const text = /<name>([^<]*)<\/name>/.exec(xml)?.[1] ?? "";
  return text.replaceAll(/&(\w+);/g, (all, name: string) => entities[name] ?? all);
}

const textOf = (sections: Sections, name: string): string | undefined =>
  sections.get(name)?.join("\n").trim() || undefined;

function parseCapabilities(sections: Sections): LibvirtSnapshot["capabilities"] {
  return new Map(
    domainTypes.flatMap((type) => {
      const text = textOf(sections, `capabilities ${type}`);
      return text === undefined ? [] : [[type, text] as const];
    }),
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
