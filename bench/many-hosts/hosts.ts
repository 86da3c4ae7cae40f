/* Recorded hosts in a process of their own (recorded-hosts.ts). */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { machineOf, nameOf, type Fleet } from "./fleet";
import type { Asked } from "./recorded-hosts";

export interface Hosts {
  readonly size: number;
  readonly ports: readonly number[];
  asked(): Promise<Asked>;
  end(): void;
}

export async function startHosts(
  { recording }: Fleet,
  { size, latency, drifted }: { size: number; latency: number; drifted: boolean },
): Promise<Hosts> {
  const folder = mkdtempSync(join(tmpdir(), "recorded-hosts-"));
  const hosts = [...Array(size).keys()].map((index) => ({
    name: nameOf(index),
    machineId: machineOf(index),
    drifted: drifted && index === size - 1,
  }));
  writeFileSync(join(folder, "recording.json"), JSON.stringify({ ...recording, hosts }));
  const script = join(__dirname, "../../scripts/bench-recorded-hosts.mjs");
  const child = spawn(process.execPath, [script, folder, String(latency)], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async <T>(): Promise<T> => JSON.parse(String((await lines.next()).value)) as T;
  const ports = await next<readonly number[]>();
  return {
    size,
    ports,
    asked() {
      child.stdin.write("counts\n");
      return next<Asked>();
    },
    end() {
      child.kill();
      rmSync(folder, { recursive: true });
    },
  };
}
