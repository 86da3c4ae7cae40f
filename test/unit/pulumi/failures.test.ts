import { failures } from "../../../provider/pulumi/failures";

test("no failure names a property: the engine would print the value of a bare one", () => {
  expect(
    failures([
      { path: "connection", reason: "must be an object" },
      { path: "hugepages.0.nodes.7", reason: "the host has no NUMA node 7" },
      { path: "", reason: "nothing to do" },
    ]),
  ).toEqual([
    { property: "", reason: "connection: must be an object" },
    { property: "", reason: "hugepages.0.nodes.7: the host has no NUMA node 7" },
    { property: "", reason: "nothing to do" },
  ]);
});
