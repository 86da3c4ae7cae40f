import { displayed, partial } from "../../../provider/pulumi/errors";
import { PartialFailure } from "../../../provider/resource";

const operation = {
  name: "read",
  urn: "urn:pulumi:dev::p::pulumi-nodejs:dynamic/kvm-tuning:HostTuning::kvm-01",
} as const;
/** How the dynamic-provider server prints the error of check, diff, read and delete. */
const printed = (error: Error) => `${String(error)}: ${String(error.stack)}`;

test("the message is the error's own; what is printed beside it only points to the resource", () => {
  const cause = new Error("cannot reach ops@10.0.0.11:22");
  const shown = displayed(cause, operation);
  expect(shown.message).toBe("cannot reach ops@10.0.0.11:22");
  expect(shown.cause).toBe(cause);
  expect(printed(shown)).toBe("read kvm-01: failed, see the error of the resource");
});

test("without a URN the operation stands alone", () => {
  const shown = displayed(new Error("x"), { name: "delete", urn: undefined });
  expect(printed(shown)).toBe("delete: failed, see the error of the resource");
});

test("something thrown that is no error is its own text", () => {
  expect(displayed("stopped", operation).message).toBe("stopped");
});

test("a fault names its place", () => {
  const fault = new TypeError("x is not a function");
  fault.stack =
    "TypeError: x is not a function\n    at plan (/home/u/node_modules/pulumi-kvm-tuning/dist/provider/plan.js:7:3)";
  expect(displayed(fault, operation).message).toBe(
    "internal error of pulumi-kvm-tuning: x is not a function (provider/plan.js:7)",
  );
});

test("a partial failure carries what the engine keeps", () => {
  const failure = new PartialFailure("51 of 64 pages", { id: "id-1", outputs: { a: 1 } });
  const shown = partial(failure, { a: 1, __provider: "text" }, operation);
  expect(shown).toMatchObject({
    message: "51 of 64 pages",
    id: "id-1",
    properties: { a: 1, __provider: "text" },
    reasons: ["51 of 64 pages"],
  });
});
