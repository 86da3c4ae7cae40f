import {
  columnsOf,
  oneLine,
  padEnd,
  padStart,
  shortened,
} from "../../../../provider/placement-plan/allocation-map/text-width";

test.each([
  ["abc", 3],
  ["数据库", 6],
  ["e\u0301", 1],
  ["👩‍💻", 4],
  ["", 0],
])("%j takes %d columns", (text, columns) => {
  expect(columnsOf(text)).toBe(columns);
});

test("padding by columns", () => {
  expect([padEnd("数", 4), padStart("数", 4), padEnd("abcd", 2)]).toEqual(["数  ", "  数", "abcd"]);
});

test("shortened to the room, whole characters, with an ellipsis", () => {
  expect(shortened("orders-db", 90, 10)).toBe("orders-db");
  expect(shortened("orders-db", 80, 10)).toBe("orders-…");
  expect(shortened("数据库", 50, 10)).toBe("数据…");
  expect(shortened("abc", 1, 10)).toBe("…");
});

test("control characters and line breaks never reach a line", () => {
  expect(oneLine("a\nb\u0007\u2028c")).toBe("a\uFFFDb\uFFFD\uFFFDc");
});
