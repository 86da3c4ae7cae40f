import { rebootHost, RebootRefused } from "../../../provider/host/reboot";
import {
  TransportError,
  type ExecResult,
  type Transport,
  type TransportFailure,
} from "../../../provider/transport/transport";

/**
 * A fake: no host and no network behind it. `boots`: what each reading of the boot_id gives, an id or a failure;
 * `reboot`: what the command that asks for the reboot gives.
 */
function scripted(
  boots: readonly (`boot${string}` | TransportFailure)[],
  reboot: Partial<ExecResult> | TransportFailure = {},
) {
  const left = [...boots];
  const commands: string[] = [];
  const fail = (failure: TransportFailure): never => {
    throw new TransportError(failure, `the fake says ${failure}`);
  };
  const answer = (): ExecResult => {
    const next = left.shift() ?? "unreachable";
    return next.startsWith("boot") ? { exitCode: 0, stdout: `${next}\n`, stderr: "" } : fail(next as TransportFailure);
  };
  const transport: Transport = {
    endpoint: "root@fake:22",
    closed: false,
    close: () => undefined,
    hold: () => fail("commandFailed"),
    exec: async ({ argv }) => {
      await Promise.resolve();
      commands.push(argv.join(" "));
      if (argv[0] !== "systemctl") return answer();
      return typeof reboot === "string" ? fail(reboot) : { exitCode: 0, stdout: "", stderr: "", ...reboot };
    },
  };
  return { transport, commands };
}

/** Runs with a clock of its own: a pause of a second takes none. */
async function run(
  fake: ReturnType<typeof scripted>,
  dials: readonly (TransportFailure | "open")[] = [],
  timeoutSeconds = 60,
) {
  const seen: [number, string][] = [];
  const left = [...dials];
  const reconnect = async (): Promise<Transport> => {
    await Promise.resolve();
    const dial = left.shift() ?? "open";
    if (dial !== "open") throw new TransportError(dial, `the fake says ${dial}`);
    return fake.transport;
  };
  const result = rebootHost(fake.transport, reconnect, {
    timeoutSeconds,
    onWait: (seconds, text) => void seen.push([seconds, text]),
  }).then(
    (transport) => transport,
    (error: unknown) => error,
  );
  await jest.advanceTimersByTimeAsync((timeoutSeconds + 5) * 1000);
  return { result: await result, seen };
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

const ask = "systemctl --no-block reboot";

test("the host is back when it answers with another boot_id, not when it answers", async () => {
  const fake = scripted(["boot-1", "boot-1", "boot-1", "boot-2"]);
  const { result, seen } = await run(fake);
  expect(result).toBe(fake.transport);
  expect(seen).toEqual([
    [0, "going down"],
    [1, "still up"],
    [2, "still up"],
  ]);
  expect(fake.commands.filter((command) => command === ask)).toHaveLength(1);
  expect(fake.commands.indexOf(ask)).toBe(1);
});

test("the connection that is lost while asking is the reboot beginning", async () => {
  const fake = scripted(["boot-1", "boot-2"], "connectionLost");
  expect((await run(fake)).result).toBe(fake.transport);
});

test("what a booting host says is waited out: no network, no SSH, no login, no sudo, a connection cut off", async () => {
  const fake = scripted(["boot-1", "connectionLost", "timeout", "boot-2"]);
  const { result, seen } = await run(fake, ["unreachable", "authentication", "sudo", "open", "open", "open"]);
  expect(result).toBe(fake.transport);
  expect(seen.map(([, text]) => text)).toEqual([
    "going down",
    "no answer",
    "it answers, but lets nobody in yet",
    "it answers, but sudo does not work yet",
    "going down",
    "no answer",
  ]);
});

test("another host key stops at once: waiting does not make it the right one", async () => {
  const fake = scripted(["boot-1", "boot-2"]);
  const { result, seen } = await run(fake, ["unreachable", "hostKey", "open"]);
  expect(result).toEqual(new TransportError("hostKey", "the fake says hostKey"));
  expect(seen).toHaveLength(2);
});

test("a host that does not come back: after the time, with what was seen last and what to do", async () => {
  const fake = scripted(["boot-1"]);
  const { result, seen } = await run(fake, Array<"unreachable">(9).fill("unreachable"), 5);
  expect(result).toEqual(
    new Error(
      "root@fake:22: the host did not come back within 5 s of its reboot (last seen: no answer). Look at its console; " +
        "a longer rebootTimeoutSeconds lets slow firmware finish. When it answers again, `pulumi up` goes on.",
    ),
  );
  expect(seen.at(-1)).toEqual([5, "no answer"]);
});

test("a host that stays up is none that came back", async () => {
  const { result } = await run(scripted(Array<"boot-1">(20).fill("boot-1")), [], 5);
  expect(String(result)).toContain("did not come back within 5 s of its reboot (last seen: still up)");
});

test("a refusal is told apart: the host goes on as it was, and is not waited for", async () => {
  const fake = scripted(["boot-1", "boot-2"], { exitCode: 1, stderr: 'Operation inhibited by "backup"\n' });
  const { result, seen } = await run(fake);
  expect(result).toEqual(
    new RebootRefused('root@fake:22: the host refuses to reboot: Operation inhibited by "backup"'),
  );
  expect(result).toBeInstanceOf(RebootRefused);
  expect(seen).toEqual([]);
});

test("without a boot_id to compare with nothing is rebooted", async () => {
  const fake = scripted(["boot"]);
  const silent: Transport = {
    ...fake.transport,
    exec: () => Promise.resolve({ exitCode: 0, stdout: "\n", stderr: "" }),
  };
  const { result } = await run({ ...fake, transport: silent });
  expect(result).toEqual(new Error("root@fake:22: cannot read the boot_id"));
});

test.each<TransportFailure>(["timeout", "sudo"])("a command that ends with %s is no reboot", async (failure) => {
  const { result, seen } = await run(scripted(["boot-1", "boot-2"], failure));
  expect(result).toEqual(new TransportError(failure, `the fake says ${failure}`));
  expect(seen).toEqual([]);
});
