/* A host that is read, and never written to: over one SSH connection, or a file tree that was recorded from one. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { createHosts } from "../provider/host/host-access";
import type { Query } from "../provider/host/hosts";
import { parseSnapshot } from "../provider/host/snapshot-parse";
import { snapshotScript } from "../provider/host/snapshot-script";
import type { HostSnapshot } from "../provider/host/snapshot";
import { parseSample, type Sample } from "../provider/inspect/sample";
import { measureScript } from "../provider/inspect/measure-script";
import { sampleScript } from "../provider/inspect/sample-script";
import { createPool } from "../provider/transport/connection-pool";
import type { Connection } from "../provider/transport/connection";
import { connect } from "../provider/transport/transports";
import { UsageError } from "./usage-error";

export interface Reading {
  /** For titles. */
  readonly name: string;
  snapshot(): Promise<HostSnapshot>;
  /** `seconds`: between the two rounds; 0: one round. `pids`: of domains. */
  sample(seconds: number, pids: readonly number[]): Promise<Sample>;
  /** Absent: of a recorded host nothing can be asked. */
  query?(query: Query): Promise<string>;
  /** Output of measure-script.ts, which takes `seconds` for each tool. */
  measure(seconds: number, what: Measured): Promise<string>;
  close(): void;
}

/** Over SSH. */
export interface RemoteReading extends Reading {
  readonly connection: Connection;
}

export interface Measured {
  readonly cpus: string;
  readonly pid: string;
  readonly profile: boolean;
}

const measured = (seconds: number, { cpus, pid, profile }: Measured): readonly string[] => [
  String(seconds),
  cpus,
  pid,
  profile ? "profile" : "",
];

const request = { sysctlKeys: [], domains: true } as const;

export function remoteReading(connection: Connection): RemoteReading {
  const pool = createPool({ connect });
  const hosts = createHosts(pool);
  return {
    name: connection.host,
    connection,
    snapshot: () => hosts.snapshot(connection, request),
    sample: async (seconds, pids) => {
      const transport = await pool.transport(connection);
      const argv = ["sh", "-c", sampleScript, "kvm-tuning", String(seconds), ...pids.map(String)];
      return parseSample((await transport.exec({ argv, timeoutSeconds: seconds + 120 })).stdout);
    },
    query: (query) => hosts.query(connection, query),
    measure: async (seconds, what) => {
      const transport = await pool.transport(connection);
      const argv = ["sh", "-c", measureScript, "kvm-tuning", ...measured(seconds, what)];
      return (await transport.exec({ argv, timeoutSeconds: 3 * seconds + 120 })).stdout;
    },
    close: () => pool.close(),
  };
}

/** `root`: the folder that stands for `/`. */
export function recordedReading(root: string): Reading {
  if (!(statSync(root, { throwIfNoEntry: false })?.isDirectory() ?? false))
    throw new UsageError(`${root} is no folder`);
  return {
    name: root,
    snapshot: async () => {
      const nonce = randomBytes(16).toString("hex");
      const output = await local(root, snapshotScript, [nonce]);
      return parseSnapshot(output, { nonce, request: { sysctlKeys: [] }, readAt: Date.now() });
    },
    sample: async (seconds, pids) =>
      parseSample(await local(root, sampleScript, [String(seconds), ...pids.map(String)])),
    measure: (seconds, what) => local(root, measureScript, measured(seconds, what)),
    close: () => undefined,
  };
}

function local(root: string, script: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("sh", ["-c", script, "kvm-tuning", ...args], {
      env: { ...process.env, LC_ALL: "C", KVM_TUNING_ROOT: root },
      stdio: ["ignore", "pipe", "ignore"],
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.once("error", reject);
    child.once("close", () => resolve(output));
  });
}
