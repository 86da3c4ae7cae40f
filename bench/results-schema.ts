/* What bench/results.json holds; each part also has the machine, its load and the day (record.ts). */
import type { Role, Usage } from "./processes";
import type { Summary } from "./statistics";

export interface Results {
  readonly oneHost?: OneHost;
  readonly manyHosts?: ManyHosts;
  readonly budget?: Budget;
  readonly weight?: Weight;
}

export interface OneHost {
  /** Version of ansible-core. */
  readonly ansible: string;
  readonly bareExecSeconds: Summary;
  readonly rows: readonly {
    readonly run: string;
    readonly ours: { readonly seconds: Summary; readonly hostSeconds: Summary; readonly shows: readonly string[] };
    readonly ansible: { readonly seconds: Summary; readonly shows: readonly string[] };
  }[];
}

export interface ManyHostsRow {
  readonly hosts: number;
  readonly run: string;
  readonly wallSeconds: number;
  readonly processes: Readonly<Record<Role, Usage>>;
  readonly connections: number;
  readonly commands: number;
  readonly mostConnections: number;
  readonly mostCommands: number;
}

export interface ManyHosts {
  readonly latencyMilliseconds: number;
  readonly vmsPerHost: number;
  readonly rows: readonly ManyHostsRow[];
  readonly stateWeight: StateWeight;
}

/** Bytes in the state. */
export interface StateWeight {
  readonly hostBytes: number;
  readonly vmBytes: number;
  readonly providerBytes: number;
}

export interface Budget {
  readonly empty: Summary;
  readonly whole: Summary;
  readonly processes: Readonly<Record<Role, Usage>>;
}

export interface Weight {
  /** Bytes. */
  readonly packed: { readonly size: number; readonly unpackedSize: number };
  readonly dependenciesKiB: Readonly<Record<string, number>>;
  readonly milliseconds: { readonly bare: Summary; readonly loaded: Summary; readonly requireMedian: number };
}
