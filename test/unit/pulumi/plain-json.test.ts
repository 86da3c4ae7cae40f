import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";

import { plainJson } from "../../../provider/pulumi/plain-json";

test("drops undefined at every depth", () => {
  const plain = plainJson({ a: undefined, b: { c: undefined, d: [{ e: undefined }] } });
  expect(plain).toStrictEqual({ b: { d: [{}] } });
});

test("a bigint becomes its decimal text, what is no number null", () => {
  expect(plainJson({ pages: 2n ** 64n, ratio: Number.NaN, limit: Number.POSITIVE_INFINITY })).toStrictEqual({
    pages: "18446744073709551616",
    ratio: null,
    limit: null,
  });
});

test("what comes out is what the wire takes", () => {
  const awkward = { a: undefined, b: 1n, c: [undefined], d: null, e: true, f: { g: undefined } };
  const sent = Struct.fromJavaScript(plainJson(awkward) as Record<string, JavaScriptValue>).toJavaScript();
  expect(sent).toEqual({ b: "1", c: [null], d: null, e: true, f: {} });
});
