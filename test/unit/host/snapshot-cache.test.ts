import { createSnapshotCache } from "../../../provider/host/snapshot-cache";
import type { SnapshotRequest } from "../../../provider/host/snapshot";
import { snapshotOf } from "../../support/snapshot";

const connection = { host: "kvm-01" };
const libvirt = { domains: [], records: new Map(), capabilities: new Map() };

/** `awake`: whether libvirt is, for who asks only then. */
function host(awake: boolean) {
  const asked: SnapshotRequest[] = [];
  let sent = (): void => undefined;
  const cache = createSnapshotCache((_connection, request) => {
    asked.push(request);
    sent();
    const has = request.domains === true || (request.domains === "awake" && awake);
    return Promise.resolve({ ...snapshotOf({}), request, ...(has && { libvirt }) });
  });
  return {
    asked,
    get: (request: SnapshotRequest) => cache.get(connection, request),
    underWay: () => new Promise<void>((resolve) => (sent = resolve)),
  };
}

const keys: SnapshotRequest = { sysctlKeys: [] };

test("who asks for less than was read gets that; who asks for more gets a reading of everything asked so far", async () => {
  const { asked, get } = host(false);
  await get({ sysctlKeys: ["vm.page-cluster"] });
  await get(keys);
  await get({ sysctlKeys: ["net.ipv4.tcp_sack"], units: ["a.service"] });
  await get({ sysctlKeys: ["vm.page-cluster"], units: ["a.service"] });
  expect(asked).toEqual([
    { sysctlKeys: ["vm.page-cluster"] },
    { sysctlKeys: ["net.ipv4.tcp_sack", "vm.page-cluster"], units: ["a.service"] },
  ]);
});

test("a key that every snapshot holds is no reason to read again", async () => {
  const { asked, get } = host(false);
  await get(keys);
  await get({ sysctlKeys: ["vm.swappiness"] });
  expect(asked).toEqual([keys]);
});

test("those who ask at the same time share one reading of all that they ask", async () => {
  const { asked, get } = host(false);
  await Promise.all([
    get({ ...keys, domains: "awake" }),
    get({ ...keys, domains: true }),
    get({ sysctlKeys: ["vm.page-cluster"] }),
  ]);
  expect(asked).toEqual([{ sysctlKeys: ["vm.page-cluster"], domains: true }]);
});

test.each([
  [true, 1],
  [false, 2],
])("libvirt awake (%s): who needs the domains meanwhile waits for that reading, %i in all", async (awake, count) => {
  const { asked, get, underWay } = host(awake);
  const first = get({ ...keys, domains: "awake" });
  await underWay();
  const all = await Promise.all([first, get({ ...keys, domains: true }), get({ ...keys, domains: true })]);
  expect(all.slice(1).map((one) => one.libvirt)).toEqual([libvirt, libvirt]);
  expect(asked).toHaveLength(count);
  await get({ ...keys, domains: "awake" });
  await get({ ...keys, domains: true });
  expect(asked).toHaveLength(count);
});

test("who waits for a reading that does not hold what another waiter asks gets one that does", async () => {
  const { asked, get, underWay } = host(true);
  const first = get({ ...keys, domains: "awake" });
  await underWay();
  const both = await Promise.all([get({ ...keys, domains: true }), get({ sysctlKeys: ["vm.page-cluster"] }), first]);
  expect(both[0]).toBe(both[1]);
  expect(asked).toEqual([
    { ...keys, domains: "awake" },
    { sysctlKeys: ["vm.page-cluster"], domains: true },
  ]);
});

test("a failure is for all who wait, and the next one asks again", async () => {
  let fails = true;
  const cache = createSnapshotCache(() =>
    fails ? Promise.reject(new Error("away")) : Promise.resolve(snapshotOf({})),
  );
  const waiting = [
    cache.get(connection, { ...keys, domains: "awake" }),
    cache.get(connection, { ...keys, domains: true }),
  ];
  expect((await Promise.allSettled(waiting)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  fails = false;
  await expect(cache.get(connection, keys)).resolves.toBeDefined();
});
