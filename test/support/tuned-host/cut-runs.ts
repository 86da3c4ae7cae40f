/*
 * Runs that are cut off behind each of their commands, and the runs that follow. Several hosts are at work at once: a
 * process that is killed takes a run on each of them with it, as one does that tunes many hosts.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startTunedHost, type TunedHost } from ".";
import { treeFolder } from "../fixture-root";
import { type DynamicServer, startDynamicServer } from "../pulumi/dynamic-server";
import { ProviderError, type Props } from "../pulumi/provider-client";

/**
 * "killed": the process dies (SIGKILL) when the command after that one reaches the host, which then does not run.
 * "lost": the connection is lost before the command's result is told. The command that holds the lock ends with the
 * run, which is complete by then.
 */
export type Cut = "killed" | "lost";

export interface CutRun {
  /** The number of the command behind which the run is cut off, from 1. */
  readonly behind: number;
  readonly cut: Cut;
}

/** A host, what the engine has of it, and the tree that each cut run begins with. */
export interface Stage {
  readonly host: TunedHost;
  readonly state: Props | undefined;
  setBack(): void;
  close(): Promise<void>;
}

/** Hosts alike. `prepare` is done to the first, and gives what the engine then has of it; the others become as it is. */
export async function startStages(
  count: number,
  prepare: (host: TunedHost) => Promise<Props | undefined>,
): Promise<readonly Stage[]> {
  const hosts = await Promise.all(Array.from({ length: count }, () => startTunedHost()));
  const [first] = hosts;
  if (first === undefined) return [];
  const state = await prepare(first);
  const copy = mkdtempSync(join(treeFolder, "stages-"));
  copyTree(first.root, copy);
  return hosts.map((host) => ({
    host,
    state: state && { ...state, connection: host.inputs({})["connection"] },
    setBack() {
      for (const name of readdirSync(host.root)) rmSync(join(host.root, name), { recursive: true });
      copyTree(copy, host.root);
    },
    async close() {
      await host.close();
      rmSync(copy, { recursive: true, force: true });
    },
  }));
}

/** With modes and links. */
const copyTree = (from: string, to: string): void => void execFileSync("cp", ["-a", `${from}/.`, to]);

interface Runs {
  readonly stages: readonly Stage[];
  /** The process of the runs that follow, and of those that lose their connection. */
  readonly next: DynamicServer;
  readonly asked: readonly CutRun[];
  /** The run that is cut off. Gives what the engine has of the host afterwards. */
  run(server: DynamicServer, stage: Stage): Promise<Props | undefined>;
  /** The runs that follow, and what must be true then. */
  follow(stage: Stage, state: Props | undefined): Promise<void>;
  /** `error`: of `follow`, or why the run was not cut off as asked. */
  done(behind: number, error: Error | undefined): void;
}

export async function cutOff(runs: Runs): Promise<void> {
  const { stages, asked } = runs;
  const rounds = Math.ceil(asked.length / stages.length);
  let spare = startDynamicServer();
  for (let index = 0; index < rounds; index += 1) {
    const doomed = await spare;
    // It starts while the runs of this round go on.
    if (index + 1 < rounds) spare = startDynamicServer();
    const round = asked.slice(index * stages.length).flatMap((one, place) => {
      const stage = stages[place];
      return stage === undefined ? [] : [{ ...one, stage }];
    });
    await cutOffAtOnce(runs, doomed, round);
  }
}

async function cutOffAtOnce(runs: Runs, doomed: DynamicServer, round: readonly (CutRun & { stage: Stage })[]) {
  const begun = round.map(({ stage, behind, cut }) => {
    stage.setBack();
    const hangs = cut === "killed" ? runUntil(stage, behind + 1, runs.run(doomed, stage)) : undefined;
    return { stage, behind, hangs };
  });
  const killed = Promise.allSettled(begun.flatMap(({ hangs }) => hangs ?? [])).then(() => doomed.stop("SIGKILL"));
  const stateOf = async ({ stage, behind, hangs }: (typeof begun)[number]) => {
    if (hangs === undefined) return lose(stage, behind, runs);
    await hangs;
    await killed;
    return stage.state;
  };
  const ends = begun.map((one) =>
    stateOf(one)
      .then((state) => runs.follow(one.stage, state))
      .then(
        () => runs.done(one.behind, undefined),
        (error: unknown) => runs.done(one.behind, error instanceof Error ? error : new Error(String(error))),
      ),
  );
  await Promise.all([killed, ...ends]);
}

/** Until the run's n-th command reaches the host, where it does not run. */
async function runUntil({ host: { ssh } }: Stage, n: number, run: Promise<unknown>): Promise<void> {
  const from = ssh.execs.length;
  ssh.fault(n, { kind: "noAnswer" });
  const over = run.then(
    () => true,
    () => true,
  );
  const reached = (): boolean => ssh.execs.length >= from + n;
  while (!reached() && !(await Promise.race([over, sleep(5, false)])));
  if (!reached()) throw new Error(`the run has no command ${String(n)}`);
}

/** The state is then what the error answer holds, if anything: the engine keeps it. */
async function lose(stage: Stage, behind: number, { run, next }: Runs): Promise<Props | undefined> {
  stage.host.ssh.fault(behind, { kind: "drop", at: "end" });
  return run(next, stage).catch((error: unknown) => {
    if (error instanceof ProviderError) return error.initFailed?.properties ?? stage.state;
    throw error;
  });
}
