import type { Impact } from "./impact";

/**
 * What the Pulumi adapter (pulumi/dynamic-provider.ts) asks of a resource. Nothing here knows Pulumi's protocol:
 * values are plain JSON, without `__provider`, and unknowns of a preview are taken out and listed.
 */
export type Props = Record<string, unknown>;

export interface Run {
  /** The resource's URN, if the program gave one. */
  readonly urn: string | undefined;
  /** Stays on the resource's row and under Diagnostics. */
  warn(message: string): Promise<void>;
  /** Shown on the row while the step runs. */
  progress(message: string): void;
}

/** One thing wrong with the inputs. `path` is nested (`connection.host`): a bare name would print its whole value. */
export interface Problem {
  readonly path: string;
  readonly reason: string;
}

export interface Resource {
  /** `unknowns`: dotted paths that get their value only during the update; absent from `news`. */
  check(request: CheckRequest, run: Run): Promise<CheckResult>;
  diff(
    request: { id: string; outputs: Props; inputs: Props; unknowns: readonly string[] },
    run: Run,
  ): Promise<DiffResult>;
  create(request: { inputs: Props }, run: Run): Promise<{ id: string; outputs: Props }>;
  update(request: { id: string; outputs: Props; inputs: Props }, run: Run): Promise<{ outputs: Props }>;
  /** `undefined`: the resource is gone. */
  read(request: { id: string; outputs: Props }, run: Run): Promise<{ outputs: Props; inputs: Props } | undefined>;
  delete(request: { id: string; outputs: Props }, run: Run): Promise<void>;
}

export interface CheckRequest {
  /** The inputs of the last run (after refresh: as the host has them). Undefined for a new resource. */
  readonly olds: Props | undefined;
  readonly news: Props;
  readonly unknowns: readonly string[];
}

export interface CheckResult {
  /** Put over the given inputs: the computed keys `plan`, `impact`, `undo`. */
  readonly computed: Props;
  readonly problems: readonly Problem[];
}

export interface DiffResult {
  readonly changes: boolean;
  readonly replaces: readonly string[];
}

/** `setting -> "actual → desired  [impact]"`, as printed. */
export type PlanText = Record<string, string>;

export interface PlannedOutputs {
  readonly plan: PlanText;
  readonly impact: Impact;
}

/** Something was written before the failure: the state must keep the resource, with these outputs. */
export class PartialFailure extends Error {
  override readonly name = "PartialFailure";
  readonly id: string;
  readonly outputs: Props;

  constructor(message: string, kept: { readonly id: string; readonly outputs: Props; readonly cause?: unknown }) {
    super(message, { cause: kept.cause });
    this.id = kept.id;
    this.outputs = kept.outputs;
  }
}
