import { engineAddress, type LogLine } from "../../../provider/pulumi/engine-client";
import { engineRun } from "../../../provider/pulumi/engine-log";

const urn = "urn:pulumi:dev::p::t::kvm-01";
const progress = (message: string): LogLine => ({ severity: "info", urn, message, ephemeral: true });

function recorded() {
  const lines: LogLine[] = [];
  const send = (line: LogLine): Promise<void> => {
    lines.push(line);
    return Promise.resolve();
  };
  return { lines, run: engineRun(urn, send) };
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test("a warning is sent at once and kept", async () => {
  const { lines, run } = recorded();
  await run.warn("kvm-01 will reboot");
  expect(lines).toEqual([{ severity: "warning", urn, message: "kvm-01 will reboot", ephemeral: false }]);
});

test("at most four progress lines a second, each the newest", async () => {
  const { lines, run } = recorded();
  for (let tick = 0; tick < 100; tick += 1) {
    run.progress(`step ${String(tick)}`);
    await jest.advanceTimersByTimeAsync(10);
  }
  expect(lines).toEqual(["step 0", "step 24", "step 49", "step 74", "step 99"].map(progress));
});

test("the last line is sent when nothing follows", async () => {
  const { lines, run } = recorded();
  run.progress("connecting");
  run.progress("step 1/7");
  await jest.advanceTimersByTimeAsync(250);
  expect(lines).toEqual([progress("connecting"), progress("step 1/7")]);
});

test("finish sends what waits and leaves no timer", async () => {
  const { lines, run } = recorded();
  run.progress("step 6/7");
  run.progress("step 7/7");
  await run.finish();
  expect(lines).toEqual([progress("step 6/7"), progress("step 7/7")]);
  expect(jest.getTimerCount()).toBe(0);
});

test("a line never overtakes an older one", async () => {
  const sent: string[] = [];
  const run = engineRun(urn, async (line) => {
    if (line.message === "first") await new Promise((resolve) => setTimeout(resolve, 900));
    sent.push(line.message);
  });
  run.progress("first");
  run.progress("second");
  await jest.advanceTimersByTimeAsync(1000);
  await run.finish();
  expect(sent).toEqual(["first", "second"]);
});

test.each([
  [["node", "server.js", "127.0.0.1:41507"], "127.0.0.1:41507"],
  [["node", "server.js"], undefined],
  [["node", "/srv/a:1"], undefined],
  [["node", "x", "--verbose"], undefined],
  [[], undefined],
])("the engine of %j is %s", (argv, address) => {
  expect(engineAddress(argv)).toBe(address);
});
