import type { PlanText, Props } from "../../../provider/resource";
import { id, type FixtureHost } from "./fixture-host";

/* What every test of the resource does: an `up`, and a failed one. */
export const connection = { host: "10.0.0.11" };

export const args = (more: Props): Props => ({ connection, domain: "db", ...more });

export async function created(host: FixtureHost, inputs: Props): Promise<Props> {
  const checked = await host.checked(inputs);
  expect(checked.problems).toEqual([]);
  const made = await host.resource.create({ inputs: checked.inputs }, host.run);
  expect(made.id).toBe(id);
  return made.outputs;
}

export async function updated(host: FixtureHost, outputs: Props, inputs: Props): Promise<Props> {
  const checked = await host.checked(inputs, outputs);
  expect(checked.problems).toEqual([]);
  return (await host.resource.update({ id, outputs, inputs: checked.inputs }, host.run)).outputs;
}

export async function failureOf(work: Promise<unknown>): Promise<Error> {
  const error: unknown = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (error instanceof Error) return error;
  throw new Error("did not fail");
}

export const restarted = (domain: string): readonly string[] => [
  "define /dev/stdin",
  `shutdown ${domain}`,
  `start ${domain}`,
];

export interface Lifecycle {
  /** The program. */
  readonly inputs: Props;
  readonly plan: PlanText;
  readonly impact: string;
  /** What the create runs on the host. */
  readonly calls: readonly string[];
  /** Somebody changes the domain by hand. */
  readonly drift: (host: FixtureHost) => void;
  /** Arguments that refresh shows then. */
  readonly seen: Props;
  readonly repair: { readonly plan: PlanText; readonly calls: readonly string[] };
  /** The program with less in it. */
  readonly less: { readonly inputs: Props; readonly plan: PlanText; readonly calls: readonly string[] };
  /** What delete runs. */
  readonly end: readonly string[];
}

/**
 * Through the whole life of a placement: preview, create, an `up` without a change, drift, refresh, repair, arguments
 * that leave the program, delete. What runs on the host is what was shown, and the definition is at last what it was.
 */
export async function lives(host: FixtureHost, life: Lifecycle): Promise<Props> {
  const before = host.inactive();
  const first = await host.checked(life.inputs);
  expect(first.problems).toEqual([]);
  expect(first.inputs).toMatchObject({ impact: life.impact });
  expect(first.inputs["plan"]).toEqual(life.plan);
  const made = await host.resource.create({ inputs: first.inputs }, host.run);
  expect(host.calls()).toEqual(life.calls);
  const placed = made.outputs;
  const verdicts = (placed["verification"] as { verdict: string }[]).map(({ verdict }) => verdict);
  expect(verdicts.filter((verdict) => verdict !== "pass" && verdict !== "notApplicable")).toEqual([]);

  const state = host.fixture.state();
  const same = await host.checked(life.inputs, placed);
  expect(same.inputs["plan"]).toEqual({});
  expect(await host.resource.diff({ id, outputs: placed, inputs: same.inputs, unknowns: [] }, host.run)).toEqual({
    changes: false,
    replaces: [],
  });
  const still = await host.resource.update({ id, outputs: placed, inputs: same.inputs }, host.run);
  expect(host.fixture.state()).toEqual(state);
  const fresh = await host.resource.read({ id, outputs: still.outputs }, host.run);
  for (const [name, value] of Object.entries(life.inputs)) expect(fresh?.inputs[name]).toEqual(value);

  life.drift(host);
  host.calls();
  host.newRun();
  const read = await host.resource.read({ id, outputs: still.outputs }, host.run);
  expect(read?.inputs).toMatchObject(life.seen);
  const mended = await host.checked(life.inputs, read?.inputs);
  expect(mended.problems).toEqual([]);
  expect(mended.inputs["plan"]).toEqual(life.repair.plan);
  const whole = await host.resource.update({ id, outputs: read?.outputs ?? {}, inputs: mended.inputs }, host.run);
  expect(host.calls()).toEqual(life.repair.calls);

  const less = await host.checked(life.less.inputs, whole.outputs);
  expect(less.problems).toEqual([]);
  expect(less.inputs["plan"]).toEqual(life.less.plan);
  const smaller = await host.resource.update({ id, outputs: whole.outputs, inputs: less.inputs }, host.run);
  expect(host.calls()).toEqual(life.less.calls);

  await host.resource.delete({ id, outputs: smaller.outputs }, host.run);
  expect(host.calls()).toEqual(life.end);
  expect(host.inactive().trimEnd()).toBe(before.trimEnd());
  expect(host.fixture.has("/var/lib/kvm-tuning")).toBe(false);
  return placed;
}
