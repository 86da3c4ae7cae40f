import { runSteps, setOwner } from "../../../provider/host/executor";
import { lockHost } from "../../../provider/host/lock";
import type { Step } from "../../../provider/host/step";
import type { StepError } from "../../../provider/host/step-error";
import { fixtureRoot, smallHost, type Fixture, type FixtureRoot } from "../../support/fixture-root";
import { killer, type Killer } from "../../support/fixture-root/killer";
import { localTransport, type LocalTransport } from "../../support/local-transport";

const target = "/etc/kvm-tuning/deep/values";
const link = "/etc/systemd/system/multi-user.target.wants/kvm-tuning.service";
const pool = "/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages";

const write = (content: string): Step => ({
  kind: "writeFile",
  entry: "0001-a",
  setting: target,
  path: target,
  content,
  mode: "0644",
});
const setPool = (value: string): Step => ({
  kind: "writeValues",
  entry: "0001-a",
  setting: "hugepages.2M.node0",
  values: [{ path: pool, value }],
});
const restoreFile = (path: string): Step => ({ kind: "restoreFile", entry: "0001-a", path });
const restorePool: Step = {
  kind: "restoreValues",
  setting: "a",
  entry: "0001-a",
  values: [{ path: pool, value: "0" }],
};
const writeLink: Step = {
  kind: "writeLink",
  entry: "0001-a",
  setting: "unit",
  path: link,
  to: "../kvm-tuning.service",
};

interface Scenario {
  readonly name: string;
  readonly before?: Fixture;
  readonly earlier?: readonly Step[];
  /** The step that is killed. */
  readonly step: Step;
  readonly undo: Step;
  /** What may stand at the target after a kill, as in `FixtureRoot.state()`. */
  readonly path: string;
  readonly allowed: readonly (string | undefined)[];
}

const old: Fixture = { [target]: { content: "theirs", mode: 0o640 } };
const scenarios: readonly Scenario[] = [
  {
    name: "first write of a file in folders that are missing",
    step: write("new\n"),
    undo: restoreFile(target),
    path: target,
    allowed: [undefined, "file 644 new\n"],
  },
  {
    name: "second write over a file that was there before",
    before: old,
    earlier: [write("one\n")],
    step: write("two\n"),
    undo: restoreFile(target),
    path: target,
    allowed: ["file 644 one\n", "file 644 two\n"],
  },
  {
    name: "removal of a file that we made",
    earlier: [write("one\n")],
    step: restoreFile(target),
    undo: restoreFile(target),
    path: target,
    allowed: ["file 644 one\n", undefined],
  },
  {
    name: "return of a file's original",
    before: old,
    earlier: [write("one\n")],
    step: restoreFile(target),
    undo: restoreFile(target),
    path: target,
    allowed: ["file 644 one\n", "file 640 theirs"],
  },
  {
    name: "link over a link",
    before: { [link]: { link: "/dev/null" } },
    step: writeLink,
    undo: restoreFile(link),
    path: link,
    allowed: ["link /dev/null", "link ../kvm-tuning.service"],
  },
  {
    name: "values",
    step: setPool("512"),
    undo: restorePool,
    path: pool,
    allowed: ["file 644 0\n", "file 644 512\n"],
  },
  {
    name: "return of values",
    earlier: [setPool("512")],
    step: restorePool,
    undo: restorePool,
    path: pool,
    allowed: ["file 644 0\n", "file 644 512\n"],
  },
];

let kill: Killer;
beforeAll(() => {
  kill = killer();
});
afterAll(() => kill.remove());

/** The scenario with a kill at the n-th command. False: the step was through before. */
async function killedAt(n: number, scenario: Scenario, again: boolean): Promise<boolean> {
  const fixture = fixtureRoot({ ...smallHost, [pool]: "0\n", ...scenario.before });
  try {
    return await killedOn(fixture, n, { ...scenario, again });
  } finally {
    fixture.remove();
  }
}

async function killedOn(fixture: FixtureRoot, n: number, scenario: Scenario & { again: boolean }): Promise<boolean> {
  const host = localTransport({ root: fixture.root });
  const doomed = localTransport({ root: fixture.root, bin: kill.bin });
  const before = fixture.state();
  const lock = await lockHost(host, 5);
  const run = (transport: LocalTransport, ...steps: readonly Step[]): Promise<void> =>
    runSteps({ transport, token: lock.token }, steps, () => undefined);
  await run(host, ...(scenario.earlier ?? []));
  kill.killAt(n);
  const error = await run(doomed, scenario.step).catch((cause: unknown) => cause);
  if (error !== undefined) {
    expect((error as StepError).exitCode).toBe(137);
    expect(scenario.allowed).toContain(fixture.state()[scenario.path]);
  }
  if (scenario.again) {
    await run(host, scenario.step);
    expect(fixture.state()[scenario.path]).toBe(completed(scenario));
    expect(leftovers(fixture)).toEqual([]);
  }
  await run(host, scenario.undo);
  await setOwner({ transport: host, token: lock.token }, undefined);
  await lock.release();
  expect(fixture.state()).toEqual(before);
  return error !== undefined;
}

/** Writes end with the last allowed state, restores with the original: also the last. */
const completed = (scenario: Scenario): string | undefined =>
  scenario.step.kind === "restoreValues" ? scenario.allowed[0] : scenario.allowed.at(-1);

const leftovers = (fixture: FixtureRoot): readonly string[] =>
  Object.keys(fixture.state()).filter((path) => /\/\.(new|old|made)$|\.kvm-tuning$|\.new$/.test(path));

describe.each(scenarios)("$name, killed at any command", (scenario) => {
  test.each([
    ["run again and then undone", true],
    ["undone at once", false],
  ])(
    "%s, leaves the host byte for byte as it was",
    async (_name, again) => {
      let [n, through] = [0, 0];
      // In a pipeline the count of commands varies by one.
      while (through < 3) through = (await killedAt(++n, scenario, again)) ? 0 : through + 1;
      // The shortest, the return of values, has seven commands.
      expect(n).toBeGreaterThanOrEqual(10);
    },
    120_000,
  );
});
