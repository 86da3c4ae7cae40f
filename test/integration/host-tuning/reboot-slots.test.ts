/* Turns to reboot: 20 hosts that only say when they are down, and leases that a real sh keeps with a real flock. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createRebootSlots,
  WaveStopped,
  type RebootSlots,
  type TurnRequest,
} from "../../../provider/host-tuning/reboot-slots";
import type { Connection } from "../../../provider/transport/connection";
import { localTransport } from "../../support/local-transport";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kvm-tuning-leases-"));
  mkdirSync(join(root, "run"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const leases = (group = "g") => join(root, "var/lib/kvm-tuning/leases", group);
const leaseHost = { host: "lease-01" } as Connection;

/** Every process of a fleet has its own. */
function slots(): RebootSlots {
  const transport = localTransport({ root });
  const query = async (_connection: Connection, { script, args }: { script: string; args: readonly string[] }) =>
    (await transport.exec({ argv: ["sh", "-c", script, "kvm-tuning", ...args] })).stdout;
  return createRebootSlots({ query }, 100);
}

const request = (host: string, more: Partial<TurnRequest> = {}): TurnRequest => ({
  host,
  count: 1,
  group: "g",
  seconds: 60,
  onWait: () => undefined,
  ...more,
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface Outcome {
  readonly most: number;
  readonly rebooted: readonly string[];
  readonly refused: readonly string[];
}

/** `owner`: whose slots a host uses. */
async function roll(
  owner: (index: number) => RebootSlots,
  more: Partial<TurnRequest>,
  lost?: string,
): Promise<Outcome> {
  const down = new Set<string>();
  const rebooted: string[] = [];
  const refused: string[] = [];
  let most = 0;
  await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const host = `kvm-${index}`;
      try {
        const turn = await owner(index).take(request(host, more));
        down.add(host);
        most = Math.max(most, down.size);
        await pause(5 + (index % 3) * 5);
        down.delete(host);
        rebooted.push(host);
        await turn.end(host === lost ? "lost" : "available");
      } catch (error) {
        if (!(error instanceof WaveStopped)) throw error;
        refused.push(error.message);
      }
    }),
  );
  return { most, rebooted, refused };
}

describe.each([1, 2, 3])("maxUnavailable %i, 20 hosts", (count) => {
  test("within one run: never more are down, and all have their turn", async () => {
    const one = slots();
    const { most, rebooted, refused } = await roll(() => one, { count });
    expect([most, rebooted.length, refused]).toEqual([count, 20, []]);
  });

  test("over stacks, by leases: the same", async () => {
    const runs = [slots(), slots(), slots(), slots()];
    const { most, rebooted, refused } = await roll((index) => runs[index % 4] ?? slots(), { count, leaseHost });
    expect([most, rebooted.length, refused]).toEqual([count, 20, []]);
    expect(existsSync(leases())).toBe(false);
  }, 60_000);

  test("a host that does not return stops the wave: only those that were down with it have been rebooted", async () => {
    const one = slots();
    const { rebooted, refused } = await roll(() => one, { count }, "kvm-3");
    expect(rebooted).toContain("kvm-3");
    expect(rebooted.length + refused.length).toBe(20);
    expect(rebooted.length).toBeLessThanOrEqual(3 + 2 * count);
    expect(refused[0]).toContain("nothing was rebooted: kvm-3 did not come back as it should");
  });
});

test("a lost host stops other stacks too, until it is mended or its own next turn ends well", async () => {
  const turn = await slots().take(request("kvm-1", { leaseHost }));
  await turn.end("lost");
  await expect(slots().take(request("kvm-2", { leaseHost }))).rejects.toThrow(
    /kvm-1 did not come back .* It is noted on lease-01, in \/var\/lib\/kvm-tuning\/leases\/g: remove its line there/,
  );
  const again = await slots().take(request("kvm-1", { leaseHost }));
  await again.end("available");
  await (await slots().take(request("kvm-2", { leaseHost }))).end("available");
  expect(existsSync(join(root, "var/lib/kvm-tuning"))).toBe(false);
});

test("a lease whose run has died is free when its time is over, and its own run takes it up before", async () => {
  mkdirSync(join(root, "var/lib/kvm-tuning/leases"), { recursive: true });
  const now = Math.floor(Date.now() / 1000);
  writeFileSync(leases(), `${now + 2} kvm-1 held\n`);
  const said: string[] = [];
  const started = Date.now();
  const turn = await slots().take(request("kvm-2", { leaseHost, onWait: (why) => void said.push(why) }));
  expect(Date.now() - started).toBeGreaterThan(500);
  expect(said[0]).toBe("waiting for kvm-1 to be back (maxUnavailable: 1, leases on lease-01)");
  await (await slots().take(request("kvm-2", { leaseHost }))).end("available");
  await turn.end("available");
});

test("groups do not wait for each other", async () => {
  const one = slots();
  const turns = [await one.take(request("a", { group: "x" })), await one.take(request("b", { group: "y" }))];
  for (const turn of turns) await turn.end("available");
});

test("a lease host that cannot keep leases says why", async () => {
  writeFileSync(join(root, "var"), "a file where a folder should be");
  await expect(slots().take(request("kvm-1", { leaseHost }))).rejects.toThrow(/^lease-01 cannot keep leases: mkdir: /);
});

test("the file is for root alone, and holds a line a lease", async () => {
  const turn = await slots().take(request("kvm-1", { leaseHost, seconds: 90 }));
  expect(readFileSync(leases(), "utf8")).toMatch(/^\d+ kvm-1 held\n$/);
  expect(spawnSync("stat", ["-c", "%a", leases()], { encoding: "utf8" }).stdout).toBe("600\n");
  await turn.end("available");
});
