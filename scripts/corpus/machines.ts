import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import { parseSnapshot } from "../../provider/host/snapshot-parse";
import { snapshotScript } from "../../provider/host/snapshot-script";
import { readTopology, type Topology } from "../../provider/linux/topology";
import { TopologyError } from "../../provider/linux/topology-error";
import type { CaseResult, Corpus } from "./corpus";
import { compareFacts, type Machine } from "./machine-facts";

const run = promisify(execFile);

/** Recorded machines, read by the script that reads a host. */
export const machines: Corpus = {
  name: "machines",
  source: "machines.tar.gz",
  async run(folder) {
    const results: CaseResult[] = [];
    for (const id of readdirSync(folder).sort()) {
      const facts = join(folder, id, "facts.json");
      const tree = join(folder, id, "fs");
      if (!existsSync(facts) || !existsSync(tree)) continue;
      const machine = JSON.parse(readFileSync(facts, "utf8")) as Machine;
      results.push({ case: id, problems: scored(machine, await read(tree)) });
    }
    return results;
  },
};

async function read(tree: string): Promise<Topology | TopologyError> {
  const nonce = randomBytes(8).toString("hex");
  const { stdout } = await run("sh", ["-c", snapshotScript, "kvm-tuning", nonce], {
    env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin", KVM_TUNING_ROOT: tree },
    maxBuffer: 64 * 1024 * 1024,
  });
  try {
    return readTopology(parseSnapshot(stdout, nonce, { sysctlKeys: [] }).files);
  } catch (error) {
    if (error instanceof TopologyError) return error;
    throw error;
  }
}

/** Damaged tables: saying what is wrong is as good as the facts. */
function scored(machine: Machine, got: Topology | TopologyError): readonly string[] {
  const damaged = machine.kind === "damaged";
  if (got instanceof TopologyError) return damaged && got.problems.length > 0 ? [] : got.problems;
  const problems = compareFacts(got, machine);
  return damaged && got.doubts.length > 0 ? [] : problems;
}
