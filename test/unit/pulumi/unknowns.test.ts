import { isUnknown, withoutUnknowns } from "../../../provider/pulumi/unknowns";

const sentinels = [
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
];
const unknown = sentinels[0];

test.each(sentinels)("%s stands for an unknown value", (sentinel) => {
  expect(isUnknown(sentinel)).toBe(true);
  expect(withoutUnknowns({ connection: { host: sentinel } })).toEqual({
    known: { connection: {} },
    unknowns: ["connection.host"],
  });
});

test("known values stay as they are, null and empty ones too", () => {
  const props = { a: null, b: false, c: 0, d: "", e: [], f: {}, g: [[1], { h: "x" }] };
  expect(withoutUnknowns(props)).toEqual({ known: props, unknowns: [] });
});

test("a text that holds a sentinel is a known text", () => {
  expect(withoutUnknowns({ a: `x${String(unknown)}` }).unknowns).toEqual([]);
});

test("an unknown array element goes, and its path keeps the index that the program gave it", () => {
  const pages = [unknown, { size: "1G", nodes: { 0: 1, 1: unknown } }, [unknown, "x"]];
  expect(withoutUnknowns({ pages })).toEqual({
    known: { pages: [{ size: "1G", nodes: { 0: 1 } }, ["x"]] },
    unknowns: ["pages.0", "pages.1.nodes.1", "pages.2.0"],
  });
});

test("the given value is not changed", () => {
  const props = { connection: { host: unknown }, pages: [unknown] };
  withoutUnknowns(props);
  expect(props).toEqual({ connection: { host: unknown }, pages: [unknown] });
});
