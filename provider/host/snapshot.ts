import type { FileTree } from "../linux/file-tree";
import type { JournalEntry } from "./journal";

/** What a resource needs beyond the fixed list of files. */
export interface SnapshotRequest {
  /** sysctl keys (`vm.swappiness`) whose running values are wanted. */
  readonly sysctlKeys: readonly string[];
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
  /** The request that this snapshot answers. */
  readonly request: SnapshotRequest;
}
