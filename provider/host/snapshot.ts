import type { FileTree } from "../linux/file-tree";
import type { JournalEntry } from "./journal";

/** What a resource needs beyond the fixed list of files. */
export interface SnapshotRequest {
  /** sysctl keys (`vm.swappiness`) whose running values are wanted. */
  readonly sysctlKeys: readonly string[];
  /** Units whose states, and the links that enable or mask them, are wanted beyond the fixed list. */
  readonly units?: readonly string[];
  /** Whether libvirt is asked for its domains; "awake": only if it runs already, for who may be asked for them next. */
  readonly domains?: boolean | "awake";
}

export interface UnitState {
  readonly loadState: string;
  readonly activeState: string;
  readonly unitFileState: string;
}

/** `/var/lib/kvm-tuning/owner.json`: which resource of which stack tunes this host. */
export interface OwnerRecord {
  readonly urn: string;
}

/** What libvirt says of this host's domains. */
export interface LibvirtSnapshot {
  /** Why it could not be asked: no virsh, no daemon. */
  readonly unavailable?: string;
  readonly domains: readonly DomainSnapshot[];
  /** What this package has recorded of domains, by UUID: unparsed. */
  readonly records: ReadonlyMap<string, string>;
  /** `virsh domcapabilities` by type of domain, as XML; none of a type that this host cannot run. */
  readonly capabilities: ReadonlyMap<"kvm" | "qemu", string>;
}

export interface DomainSnapshot {
  readonly uuid: string;
  readonly name: string;
  readonly state: "running" | "paused" | "shut off" | "in a passing state";
  readonly persistent: boolean;
  readonly autostart: boolean;
  readonly managedSave: boolean;
  /** XML of the running domain, without passwords. */
  readonly live?: string;
  /** XML of the definition, without passwords. */
  readonly inactive?: string;
  /** Whether libvirt holds snapshots of it, each with XML of its own. */
  readonly snapshots: boolean;
  /** What numad advised when the domain was started; only for a running domain with an automatic placement. */
  readonly numad?: { readonly nodeset: string; readonly cpus: string };
  /** QEMU's process; only when its pid file is there. */
  readonly process?: DomainProcess;
}

export interface DomainProcess {
  readonly pid: number;
  readonly threads: readonly DomainThread[];
  /** By the name that libvirt gives a cgroup: `emulator`, `vcpu0`, `iothread1`; "" is the whole domain's. */
  readonly cgroups?: ReadonlyMap<string, DomainCgroup>;
  /**
   * Memory charged to the domain's cgroup, by node. Without huge pages, which the kernel does not charge to it. Only
   * with cgroup v2.
   */
  readonly memoryByNodeKiB?: ReadonlyMap<number, number>;
}

/** Lists of the kernel; absent: nothing set at this level (cgroup v2), so that the level above counts. */
export interface DomainCgroup {
  readonly cpus?: string;
  readonly mems?: string;
  /** cpu.weight of cgroup v2. */
  readonly weight?: number;
}

export interface DomainThread {
  readonly tid: number;
  /** `CPU 0/KVM`, `IO iothread1`, or QEMU's own. */
  readonly name: string;
  /** CPU list of the kernel: where it may run. */
  readonly cpus: string;
  /** Absent: it ended while it was read, or its class is one that this package does not know. */
  readonly policy?: "other" | "fifo" | "rr" | "batch" | "idle" | "deadline";
  /** Real-time priority, 1-99; only with fifo and rr. */
  readonly priority?: number;
}

/** Everything known of a host at one moment: a plain value, parsed from the output of the snapshot script. */
export interface HostSnapshot {
  readonly machineId: string;
  readonly bootId: string;
  readonly hostname: string;
  /** /proc, /sys and configuration files. Never holds a file that may keep a secret. */
  readonly files: FileTree;
  /** Symbolic links among the files that matter (unit links in *.wants, sysctl.d): path -> target. */
  readonly links: ReadonlyMap<string, string>;
  readonly units: ReadonlyMap<string, UnitState>;
  readonly journal: readonly JournalEntry[];
  /** What stands at each journalled file target now: `absent`, `link <target>` or `file <mode> <uid>:<gid> <sha256>`. */
  readonly journalledFiles: ReadonlyMap<string, string>;
  readonly owner: OwnerRecord | undefined;
  /** Lines `uuid name` of domains that a run stopped for a reboot and has not started again. */
  readonly leftStopped: readonly string[];
  /** Undefined: not asked for. */
  readonly libvirt?: LibvirtSnapshot;
  /** When it was read, by the clock of this machine: milliseconds since 1970. */
  readonly readAt: number;
  /** The request that this snapshot answers. */
  readonly request: SnapshotRequest;
}
