import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import { describeTopology } from "../../provider/host-topology/describe";
import type { HostTopology } from "../../provider/host-topology/model";
import { parseSnapshot } from "../../provider/host/snapshot-parse";
import { snapshotScript } from "../../provider/host/snapshot-script";
import { readTopology, type Topology } from "../../provider/linux/topology";
import { TopologyError } from "../../provider/linux/topology-error";
import type { CaseResult, Corpus } from "./corpus";
import { compareFacts, type Machine } from "./machine-facts";
import { checkValue } from "./topology-value";

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
      const got = await read(tree);
      const lscpu = join(folder, id, "expected", "lscpu.txt");
      // What a damaged table gives is said to be doubtful, no more.
      const unchecked = got instanceof TopologyError || machine.kind === "damaged";
      const value = unchecked ? [] : checkValue(got.value, machine.facts, lscpu);
      results.push({ case: id, problems: [...scored(machine, got), ...value] });
    }
    return results;
  },
};

interface Reading {
  readonly topology: Topology;
  /** What getHostTopology gives. */
  readonly value: HostTopology;
}

async function read(tree: string): Promise<Reading | TopologyError> {
  const nonce = randomBytes(8).toString("hex");
  const { stdout } = await run("sh", ["-c", snapshotScript, "kvm-tuning", nonce], {
    env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin", KVM_TUNING_ROOT: tree },
    maxBuffer: 64 * 1024 * 1024,
  });
  try {
    const snapshot = parseSnapshot(stdout, { nonce, request: { sysctlKeys: [] }, readAt: 0 });
    return { topology: readTopology(snapshot.files), value: describeTopology(snapshot) };
  } catch (error) {
    if (error instanceof TopologyError) return error;
    throw error;
  }
}

/** Damaged tables: saying what is wrong is as good as the facts. */
function scored(machine: Machine, got: Reading | TopologyError): readonly string[] {
  const damaged = machine.kind === "damaged";
  if (got instanceof TopologyError) return damaged && got.problems.length > 0 ? [] : got.problems;
  const problems = compareFacts(got.topology, machine);
  return damaged && got.topology.doubts.length > 0 ? [] : problems;
}
