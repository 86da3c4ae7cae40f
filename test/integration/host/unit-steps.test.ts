import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runSteps } from "../../../provider/host/executor";
import { lockHost } from "../../../provider/host/lock";
import { readSnapshot } from "../../../provider/host/read-snapshot";
import type { Step } from "../../../provider/host/step";
import { StepError } from "../../../provider/host/step-error";
import { fixtureRoot, smallHost, type FixtureRoot } from "../../support/fixture-root";
import { shells } from "../../support/fixture-root/shells";
import { localTransport, type LocalTransport } from "../../support/local-transport";

const link = "/etc/systemd/system/multi-user.target.wants/numad.service";
const stop: Step = { kind: "stopUnit", entry: "0001-u", setting: "services.numad.service", unit: "numad.service" };
const restore: Step = {
  kind: "restoreUnit",
  entry: "0001-u",
  setting: "services.numad.service",
  unit: "numad.service",
};
const remove: Step = { kind: "removeLink", entry: "0002-l", setting: "services.numad.service", path: link };
const restoreLink: Step = { kind: "restoreFile", entry: "0002-l", path: link };

describe.each(shells)("units and their links in %s", (_name, shell) => {
  let fixture: FixtureRoot;
  let transport: LocalTransport;
  let bin: string;

  const systemctl = (script: string): void => {
    writeFileSync(join(bin, "systemctl"), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, "systemctl"), 0o755);
  };
  /** A unit in a state, and a log of what is done with it. */
  const unitIs = (active: string, file = "enabled"): void =>
    systemctl(`case "$1 $3" in
"show ActiveState,UnitFileState") printf '%s\\n' ActiveState=${active} UnitFileState=${file} ;;
*) echo "$*" >> ${bin}/log ;;
esac`);
  const log = (): string => readFileSync(join(bin, "log"), "utf8");
  const apply = async (...steps: readonly Step[]): Promise<void> => {
    const lock = await lockHost(transport, 5);
    try {
      await runSteps({ transport, token: lock.token }, steps, () => undefined);
    } finally {
      await lock.release();
    }
  };
  const failure = async (step: Step): Promise<string> => {
    const error: unknown = await apply(step).catch((cause: unknown) => cause);
    if (error instanceof StepError) return error.stderr;
    throw new Error(`no StepError but ${String(error)}`);
  };

  beforeEach(() => {
    bin = mkdtempSync(join(tmpdir(), "bin-"));
    writeFileSync(join(bin, "log"), "");
    fixture = fixtureRoot({ ...smallHost, [link]: { link: "/lib/systemd/system/numad.service" } });
    transport = localTransport({ root: fixture.root, shell, bin });
  });
  afterEach(() => {
    fixture.remove();
    rmSync(bin, { recursive: true });
  });

  test.each([
    ["active", "stop -- numad.service\nstart -- numad.service\n"],
    ["activating", "stop -- numad.service\nstart -- numad.service\n"],
    ["inactive", "stop -- numad.service\n"],
    ["failed", "stop -- numad.service\n"],
  ])("a unit that was %s is stopped, and left as it was", async (state, calls) => {
    unitIs(state);
    await apply(stop);
    expect(fixture.read("/var/lib/kvm-tuning/journal/0001-u/original")).toBe(`${state}\nenabled\n`);
    // Once more, as after an interruption: the original stays.
    unitIs("inactive", "disabled");
    await apply(restore);
    expect(log()).toBe(calls);
    await apply(restore);
    expect(log()).toBe(calls);
  });

  test("what systemctl says against it is the step's error, and the journal keeps the entry", async () => {
    unitIs("active");
    await apply(stop);
    systemctl('echo "Unit numad.service is masked." >&2; exit 1');
    expect(await failure(stop)).toBe("cannot stop numad.service: Unit numad.service is masked.");
    expect(await failure(restore)).toBe("cannot start numad.service again: Unit numad.service is masked.");
    expect(fixture.read("/var/lib/kvm-tuning/journal/0001-u/paths")).toBe("numad.service\n");
  });

  test("a link is taken away and put back; its folder stays; a file is refused", async () => {
    unitIs("active");
    const before = fixture.state();
    await apply(remove, remove);
    expect(Object.keys(fixture.state())).not.toContain(link);
    await apply(restoreLink);
    const links = (state: Readonly<Record<string, string>>) =>
      Object.entries(state).filter(([path]) => path.startsWith("/etc/"));
    expect(links(fixture.state())).toEqual(links(before));
    fixture.write({ "/etc/systemd/system/x.wants/numad.service": "no link\n" });
    expect(await failure({ ...remove, path: "/etc/systemd/system/x.wants/numad.service" })).toBe(
      "/etc/systemd/system/x.wants/numad.service is no link: not removed",
    );
  });

  test("the snapshot shows asked units with their links, in the journal too", async () => {
    systemctl(`shift 3; [ "$1" != -- ] || shift
for unit; do printf 'Id=%s\\nLoadState=loaded\\nActiveState=active\\nUnitFileState=static\\n\\n' "$unit"; done`);
    fixture.write({
      "/etc/systemd/system/numa.service": { link: "/lib/systemd/system/numad.service" },
      "/etc/systemd/system/extra.service": { link: "/dev/null" },
      "/etc/systemd/system/a.target.requires/extra.service": { link: "../extra.service" },
      "/etc/systemd/system/a.target.wants/other.service": { link: "/dev/null" },
    });
    const units = ["extra.service", "numad.service"];
    const snapshot = await readSnapshot(transport, { sysctlKeys: [], units });
    expect(snapshot.units.get("extra.service")).toEqual({
      loadState: "loaded",
      activeState: "active",
      unitFileState: "static",
    });
    expect(Object.fromEntries(snapshot.links)).toEqual({
      [link]: "/lib/systemd/system/numad.service",
      "/etc/systemd/system/numa.service": "/lib/systemd/system/numad.service",
      "/etc/systemd/system/extra.service": "/dev/null",
      "/etc/systemd/system/a.target.requires/extra.service": "../extra.service",
    });
    expect(snapshot.units.size).toBe((await readSnapshot(transport, { sysctlKeys: [] })).units.size + 1);
    unitIs("active", "static");
    await apply(stop);
    const [entry] = (await readSnapshot(transport, { sysctlKeys: [], units })).journal;
    expect(entry).toMatchObject({ kind: "unit", paths: ["numad.service"], original: ["active", "static"] });
  });
});
