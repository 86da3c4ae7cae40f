/*
 * Services that are stopped, masked, or taken over, through the real provider server and the real scripts. systemd is a
 * stand-in with what matters here: a unit runs or not, links enable and mask it, and TuneD writes when it starts and
 * puts back what it found when it stops.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startDynamicServer, type DynamicServer } from "../../support/pulumi/dynamic-server";
import type { Props } from "../../support/pulumi/provider-client";
import { startTunedHost, type TunedHost } from "../../support/tuned-host";
import { governorFile } from "../../support/tuned-host/fixture";

jest.setTimeout(60_000);

const wants = "/etc/systemd/system/multi-user.target.wants";
const governors = [0, 1, 2, 3, 4, 5, 6, 7].map(governorFile);

let host: TunedHost;
let server: DynamicServer;
let units: string;

beforeAll(async () => {
  // TuneD runs, and has set what the program wants.
  host = await startTunedHost({
    fixture: {
      ...Object.fromEntries(governors.map((path) => [path, "performance\n"])),
      "/etc/tuned/active_profile": "virtual-host\n",
      [`${wants}/tuned.service`]: { link: "/lib/systemd/system/tuned.service" },
      [`${wants}/ksmtuned.service`]: { link: "/lib/systemd/system/ksmtuned.service" },
      "/etc/systemd/system/numad.service": "[Service]\nExecStart=/usr/bin/numad # of the site\n",
    },
  });
  units = mkdtempSync(join(tmpdir(), "units-"));
  for (const [unit, state] of Object.entries({ tuned: "active", ksmtuned: "inactive", numad: "active" }))
    writeFileSync(join(units, `${unit}.service`), `${state}\n`);
  host.standIn("systemctl", systemd(units, host.root));
  server = await startDynamicServer();
});
afterAll(async () => {
  await server.stop();
  await host.close();
  rmSync(units, { recursive: true });
});

/** What one process has read of the host it does not read again. */
async function nextPhase(): Promise<void> {
  await server.stop();
  server = await startDynamicServer();
}

const active = (unit: string): string => readFileSync(join(units, `${unit}.service`), "utf8").trim();
const governor = (): string => readFileSync(join(host.root, governorFile(0)), "utf8").trim();
const inputs = (more: Props): Props => host.inputs({ cpuGovernor: "performance", ...more });
const warnings = (): readonly string[] =>
  server.engine.logs.filter((line) => line.severity === "warning").map(({ message }) => message);
const text =
  "tuned.service (active, profile virtual-host, /etc/tuned/active_profile:1) may write cpuGovernor too: it applies its profile at every start and when it is told to, over what was set since";

test('by default the preview warns of who else writes; "fail" refuses it', async () => {
  const warned = await server.check(inputs({}));
  expect(warned.failures).toEqual([]);
  expect(warnings().filter((message) => message.includes("tuned"))).toEqual([expect.stringContaining(text)]);
  const failed = await server.check(inputs({ conflicts: "fail" }));
  expect(failed.failures).toEqual([{ property: "", reason: `conflicts: ${text}` }]);
});

test("a takeover stops TuneD, keeps our values, and gives everything back on delete", async () => {
  const before = host.state();
  const { inputs: checked } = await server.check(inputs({ conflicts: "takeOver" }));
  expect(checked["plan"]).toEqual({
    "services.tuned.service": "active → stopped  [live]",
    "cpuGovernor (at boot)": "(absent) → performance  [live]",
    "kvm-tuning.service": "(absent) → enabled  [live]",
  });
  const { id, properties } = await server.create(checked);
  expect([active("tuned"), governor()]).toEqual(["inactive", "performance"]);
  expect(Object.keys(host.state())).not.toContain(`${wants}/tuned.service`);
  expect(properties["undo"]).toHaveProperty(["services.tuned.service"], expect.stringContaining("active"));

  const again = await server.check(inputs({ conflicts: "takeOver" }), properties);
  expect(again.inputs["plan"]).toEqual({});

  // Somebody starts it again.
  writeFileSync(join(units, "tuned.service"), "active\n");
  await nextPhase();
  const drift = await server.check(inputs({ conflicts: "takeOver" }), properties);
  expect(drift.inputs["plan"]).toEqual({ "services.tuned.service": "active → stopped  [live]" });
  const { properties: updated } = await server.update(id, properties, drift.inputs);
  expect([active("tuned"), governor()]).toEqual(["inactive", "performance"]);

  await server.delete(id, updated);
  expect([active("tuned"), governor()]).toEqual(["active", "performance"]);
  expect(host.state()).toEqual(before);
});

test("services are stopped and masked, and come back with their links and files", async () => {
  const before = host.state();
  const wanted = host.inputs({ services: { ksmtuned: "stopped", numad: "masked", "no-such": "stopped" } });
  const { inputs: checked } = await server.check(wanted);
  expect(checked["plan"]).toEqual({
    "services.ksmtuned.service": "enabled → stopped  [live]",
    "services.numad.service": "active → masked  [live]",
  });
  const { id, properties } = await server.create(checked);
  expect([active("ksmtuned"), active("numad")]).toEqual(["inactive", "inactive"]);
  const tuned = host.state();
  expect(Object.keys(tuned)).not.toContain(`${wants}/ksmtuned.service`);
  expect(tuned["/etc/systemd/system/numad.service"]).toContain("/dev/null");
  expect((await server.check(wanted, properties)).inputs["plan"]).toEqual({});

  // One leaves the program, the other is only stopped from now on.
  const less = host.inputs({ services: { numad: "stopped" } });
  const { inputs: next } = await server.check(less, properties);
  expect(next["plan"]).toEqual({
    "services.numad.service": "masked → stopped  [live]",
    "services.ksmtuned.service": "stopped → enabled  [live]",
  });
  const { properties: updated } = await server.update(id, properties, next);
  expect((await server.check(less, updated)).inputs["plan"]).toEqual({});
  expect([active("ksmtuned"), active("numad")]).toEqual(["inactive", "inactive"]);

  await server.delete(id, updated);
  expect([active("ksmtuned"), active("numad")]).toEqual(["inactive", "active"]);
  expect(host.state()).toEqual(before);
  expect(existsSync(join(host.root, "var/lib/kvm-tuning"))).toBe(false);
});

/** A file for each unit, with its state. */
const systemd = (folder: string, root: string): string => `#!/bin/sh
etc=${root}/etc/systemd/system
governor() { for cpu in ${root}/sys/devices/system/cpu/cpu[0-7]/cpufreq/scaling_governor; do echo "$1" > "$cpu"; done; }
file_state() {
  [ "$(readlink "$etc/$1")" = /dev/null ] && { echo masked; return; }
  for link in "$etc"/*.wants/"$1"; do [ -L "$link" ] && { echo enabled; return; }; done
  [ ! -e ${folder}/"$1" ] || echo disabled
}
show() {
  load=not-found active=inactive
  [ -e ${folder}/"$1" ] && { load=loaded; read -r active < ${folder}/"$1"; }
  case $properties in
  ActiveState) echo "ActiveState=$active" ;;
  UnitFileState) echo "UnitFileState=$(file_state "$1")" ;;
  *) printf 'Id=%s\\nLoadState=%s\\nActiveState=%s\\nUnitFileState=%s\\n\\n' "$1" $load "$active" "$(file_state "$1")" ;;
  esac
}
case $1 in
show)
  properties=$3; shift 3
  [ "$1" != -- ] || shift
  for unit; do show "$unit"; done
  ;;
stop)
  echo inactive > ${folder}/"$3"
  [ "$3" != tuned.service ] || governor schedutil
  ;;
start)
  [ "$(file_state "$3")" != masked ] || { echo "Unit $3 is masked." >&2; exit 1; }
  echo active > ${folder}/"$3"
  [ "$3" != tuned.service ] || governor performance
  ;;
daemon-reload) ;;
*) exit 1 ;;
esac
`;
