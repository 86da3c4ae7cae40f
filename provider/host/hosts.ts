import type { Connection } from "../transport/connection";
import type { RebootWait } from "./reboot";
import type { HostSnapshot, SnapshotRequest } from "./snapshot";
import type { Step } from "./step";

/** All that a resource may do with hosts: read one, or write to one under its lock. */
export interface Hosts {
  /** One SSH exec per endpoint for the life of the process, until a write drops it or a request goes beyond it. */
  snapshot(connection: Connection, request: SnapshotRequest): Promise<HostSnapshot>;
  /**
   * Holds the endpoint's mutex in this process and the flock on the host while `work` runs. The cached snapshot is
   * dropped before and after.
   */
  exclusively<T>(connection: Connection, work: (host: LockedHost) => Promise<T>): Promise<T>;
  /** Tells the other resources of this process what an endpoint will be like when this run is through. */
  expect(connection: Connection, expected: ExpectedHost): void;
  expected(connection: Connection): ExpectedHost | undefined;
  /**
   * Tells the other placements of this process what a domain will be like when this run is through. A second promise
   * for the same UUID (where one has none: name) replaces the first.
   */
  promise(connection: Connection, domain: PromisedDomain): void;
  promised(connection: Connection): readonly PromisedDomain[];
  /**
   * Asks what no snapshot holds, by a constant script that changes nothing; not under the host's lock. Gives back its
   * output, whatever it exits with.
   */
  query(connection: Connection, query: Query): Promise<string>;
  /** Closes every connection. */
  close(): void;
}

/** A question to a host. */
export interface Query {
  readonly name: string;
  readonly script: string;
  readonly args: readonly string[];
  readonly stdin?: string;
  /** Asks also while somebody in this process writes to the host. */
  readonly beside?: boolean;
}

/** What one resource's preview promises and another's must count with. */
export interface ExpectedHost {
  /** CPUs without load balancing, as a list; "" for none. */
  readonly isolatedCpus: string;
  /** The CPUs to which all threads of all domains are bounded, and whether the kernel moves threads between them. */
  readonly partition?: { readonly cpus: string; readonly balanced: boolean };
  /** Pools whose size is asked for: pages in all, not those that are added. */
  readonly hugepages: readonly { readonly sizeKiB: number; readonly node: number; readonly pages: number }[];
  /** kernel.sched_rt_runtime_us, where the program sets it. */
  readonly realTimeRuntimeMicroseconds?: number;
}

/** What the check of a placement promises, and the other placements on its host must count with. */
export interface PromisedDomain {
  readonly name: string;
  /** Undefined: there is no such domain yet. */
  readonly uuid: string | undefined;
  /** The resource that places it. */
  readonly urn: string | undefined;
  /** Settings as vm-cpu-placement/facts.ts names them. */
  readonly facts: ReadonlyMap<string, string>;
  readonly maximumVcpus: number;
}

export interface LockedHost {
  /** Read again, under the lock. */
  snapshot(request: SnapshotRequest): Promise<HostSnapshot>;
  /** Runs the steps in order; throws `StepError` at the first that fails. `onStep` is called before each. */
  run(steps: readonly Step[], onStep: (index: number, step: Step) => void): Promise<void>;
  /** For what no step can say: a constant script whose output comes back. Throws `StepError` when it fails. */
  script(script: LockedScript): Promise<string>;
  /** Reboots, waits for another boot_id, and takes the host's lock again. */
  reboot(wait: RebootWait): Promise<void>;
  /** Writes the owner record, or removes it and, if nothing is left in it, the state folder. */
  setOwner(owner: { readonly urn: string } | undefined): Promise<void>;
}

/** Runs under the lock as the steps' scripts do (step-scripts.ts), whose beginning it gets. */
export interface LockedScript {
  /** What the progress line and an error call it. */
  readonly name: string;
  readonly setting: string;
  readonly script: string;
  readonly args: readonly string[];
  readonly stdin?: string;
  readonly timeoutSeconds?: number;
}
