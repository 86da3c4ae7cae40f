import { planPlacement } from "../../../provider/vm-cpu-placement/placement";
import { isOurs, parseRecord, recordText } from "../../../provider/vm-cpu-placement/record";
import { recordAfter, recordBefore } from "../../../provider/vm-cpu-placement/record-update";
import type { PlacementFields } from "../../../provider/vm-cpu-placement/desired-context";
import type { Domain } from "../../../provider/vm-cpu-placement/model";
import type { DomainRecord } from "../../../provider/vm-cpu-placement/record";
import { host, recordOf, running, shutOff, uuid } from "./support";

const urn = "urn:pulumi:prod::racks::t::db";

function before(fields: PlacementFields, domain: Domain, record?: DomainRecord): DomainRecord {
  const plan = planPlacement(fields, { domain, record, host, others: [] });
  return recordBefore({ record, urn, domain, plan });
}

test("keeps the first value of each side, also where nothing differs, and all that was written", () => {
  const first = before(
    { vcpuPins: { 0: "2" }, emulatorPin: "0" },
    running({ emulatorPin: "0" }, { "vcpuPins.0": "1" }),
  );
  expect(first).toEqual({
    uuid,
    urn,
    original: { live: { "vcpuPins.0": null, emulatorPin: "0" }, config: { "vcpuPins.0": "1", emulatorPin: null } },
    wrote: { live: { "vcpuPins.0": ["2"] }, config: { "vcpuPins.0": ["2"], emulatorPin: ["0"] } },
  });
  const now = { "vcpuPins.0": "2", emulatorPin: "0" };
  const second = before({ vcpuPins: { 0: "5" }, emulatorPin: "0" }, running(now, now), first);
  expect(second.original).toEqual(first.original);
  expect(second.wrote.config).toEqual({ "vcpuPins.0": ["2", "5"], emulatorPin: ["0"] });
});

test("keeps all of numatune with any part of it, and notes a restart", () => {
  const record = before({ numa: { nodeset: "1" } }, running({}, { "numa.mode": "strict", "numa.placement": "auto" }));
  expect(record.original).toEqual({
    live: { "numa.mode": null, "numa.nodeset": null, "numa.placement": null },
    config: { "numa.mode": "strict", "numa.nodeset": null, "numa.placement": "auto" },
  });
  expect(record.restart).toBe("running");
});

test("forgets what has gone back, and the restart; but nothing of numatune while a part is managed", () => {
  const record = recordOf({
    restart: "paused",
    original: {
      live: {},
      config: { emulatorPin: null, "numa.mode": null, "numa.nodeset": null, "numa.placement": null },
    },
    wrote: { live: {}, config: { emulatorPin: ["1"], "numa.mode": ["strict"], "numa.nodeset": ["0"] } },
  });
  const domain = shutOff({ emulatorPin: "1", "numa.mode": "strict", "numa.nodeset": "0" });
  const plan = planPlacement({ numa: { nodeset: "0" } }, { domain, record, host, others: [] });
  expect(recordAfter(record, plan)).toEqual({
    uuid,
    urn,
    original: { live: {}, config: { "numa.mode": null, "numa.nodeset": null, "numa.placement": null } },
    wrote: { live: {}, config: { "numa.mode": ["strict"], "numa.nodeset": ["0"] } },
  });
});

test("knows our own values on either side: a start makes live what the definition had", () => {
  const record = recordOf({
    original: { live: {}, config: { emulatorPin: null } },
    wrote: { live: {}, config: { emulatorPin: ["1"] } },
  });
  expect([null, "1", "2"].map((value) => isOurs(record, "emulatorPin", value))).toEqual([true, true, false]);
  expect(isOurs(record, "vcpuPins.0", null)).toBe(false);
});

test("reads back what it writes, in one line", () => {
  const record = recordOf({ restart: "paused", original: { live: { emulatorPin: null }, config: {} } });
  expect(recordText(record)).toMatch(/^[^\n]+\n$/);
  expect(parseRecord("path", recordText(record))).toEqual(record);
});

test.each([
  ["no JSON", "{", "path is damaged: it is not JSON"],
  ["another version", '{"version":2}', "path is of version 2: use the release that wrote it, or a newer one"],
  ["missing parts", '{"version":1,"uuid":"u","urn":"u","original":{"live":{}},"wrote":{}}', "path is damaged"],
])("refuses %s", (_name, text, message) => {
  expect(() => parseRecord("path", text)).toThrow(message);
});
