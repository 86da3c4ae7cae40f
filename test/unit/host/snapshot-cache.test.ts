import { createSnapshotCache } from "../../../provider/host/snapshot-cache";
import type { SnapshotRequest } from "../../../provider/host/snapshot";
import { snapshotOf } from "../../support/snapshot";

const connection = { host: "kvm-01" };
const libvirt = { domains: [], records: new Map(), capabilities: new Map() };

/** `awake`: whether libvirt is, for who asks only then. */
function host(awake: boolean) {
  const asked: SnapshotRequest[] = [];
  const cache = createSnapshotCache((_connection, request) => {
    asked.push(request);
    const has = request.domains === true || (request.domains === "awake" && awake);
    return Promise.resolve({ ...snapshotOf({}), ...(has && { libvirt }) });
  });
  return { asked, get: (request: SnapshotRequest) => cache.get(connection, request) };
}

const keys: SnapshotRequest = { sysctlKeys: [] };

test("who asks for less than was read gets that; who asks for more gets a reading of everything asked so far", async () => {
  const { asked, get } = host(false);
  await get({ sysctlKeys: ["vm.swappiness"] });
  await get(keys);
  await get({ sysctlKeys: ["vm.stat_interval"], units: ["a.service"] });
  await get({ sysctlKeys: ["vm.swappiness"], units: ["a.service"] });
  expect(asked).toEqual([
    { sysctlKeys: ["vm.swappiness"] },
    { sysctlKeys: ["vm.stat_interval", "vm.swappiness"], units: ["a.service"] },
  ]);
});

test.each([
  [true, 1],
  [false, 2],
])("libvirt awake (%s): who needs the domains meanwhile waits for that reading, %i in all", async (awake, count) => {
  const { asked, get } = host(awake);
  const all = await Promise.all([
    get({ ...keys, domains: "awake" }),
    get({ ...keys, domains: true }),
    get({ ...keys, domains: true }),
  ]);
  expect(all.slice(1).map((one) => one.libvirt)).toEqual([libvirt, libvirt]);
  expect(asked).toHaveLength(count);
  await get({ ...keys, domains: "awake" });
  await get({ ...keys, domains: true });
  expect(asked).toHaveLength(count);
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
