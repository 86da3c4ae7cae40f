import { ownerProblem } from "../../../provider/host-tuning/ownership";
import type { HostTuningArgs } from "../../../provider/host-tuning/schema";
import { snapshotOf } from "../../support/snapshot";

const urn = "urn:pulumi:prod::racks::pulumi-nodejs:dynamic/kvm-tuning:HostTuning::kvm-01";
const other = "urn:pulumi:dev::lab::pulumi-nodejs:dynamic/kvm-tuning:HostTuning::node";
const args = { connection: { host: "10.0.0.11" }, takeOwnership: false } as HostTuningArgs;
const problem = (owner: string | undefined, more: Partial<Parameters<typeof ownerProblem>[1]> = {}) =>
  ownerProblem(snapshotOf(owner === undefined ? {} : { owner }), { urn, args, olds: undefined, ...more });

test.each([
  ["nobody", undefined, {}],
  ["this resource", urn, {}],
  ["this resource under its old name", other, { olds: { __urn: other } }],
  ["another one, which is to be replaced", other, { args: { ...args, takeOwnership: true } }],
])("a host of %s is free", (_name, owner, more) => {
  expect(problem(owner, more)).toBeUndefined();
});

test("a host of another stack is refused with that stack's, project's and resource's name", () => {
  expect(problem(other)).toEqual({
    path: "takeOwnership",
    reason:
      '10.0.0.11 is tuned by resource "node" of stack "dev" (project "lab") already, and two resources cannot both own ' +
      "one host's tuning. Remove it there (pulumi destroy), or, if that stack is lost, set takeOwnership: true here.",
  });
});

test("a record that is no URN is shown as it is", () => {
  expect(problem("somebody")?.reason).toMatch(/^10\.0\.0\.11 is tuned by somebody already/);
});
