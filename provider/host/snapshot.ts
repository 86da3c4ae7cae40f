import type { FileTree } from "../linux/file-tree";
import type { JournalEntry } from "./journal";

/** What a resource needs beyond the fixed list of files. */
export interface SnapshotRequest {
  /** sysctl keys (`vm.swappiness`) whose running values are wanted. */
  readonly sysctlKeys: readonly string[];
  /** Whether libvirt is asked for its domains. */
  readonly domains?: boolean;
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
  /** QEMU's process; only when its pid file is there. */
  readonly process?: { readonly pid: number; readonly threads: readonly DomainThread[] };
}

export interface DomainThread {
  readonly tid: number;
  /** `CPU 0/KVM`, `IO iothread1`, or QEMU's own. */
  readonly name: string;
  /** CPU list of the kernel: where it may run. */
  readonly cpus: string;
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
  /** The request that this snapshot answers. */
  readonly request: SnapshotRequest;
}
