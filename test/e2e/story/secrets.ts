/* A key, its passphrase: nowhere in the state, in what Pulumi prints, or in a process list of the host. */
import type { TestHost } from "../../host/test-host";
import type { Stage } from "../support/stage";
import { holds, showsNot } from "./expect";

/** Samples the arguments of every process on the host until it is stopped; answers all that it saw. */
export async function watchProcesses(host: TestHost): Promise<() => Promise<string>> {
  const loop =
    "rm -f /run/story-stop; while [ ! -e /run/story-stop ]; do cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\000' ' '; echo; sleep 0.7; done > /run/story-processes";
  await host.output(`nohup sh -c '${loop.replaceAll("'", `'\\''`)}' > /dev/null 2>&1 &`);
  return async () => {
    const seen = await host.output("touch /run/story-stop; sleep 1; cat /run/story-processes", { limitSeconds: 120 });
    await host.output("rm -f /run/story-stop /run/story-processes");
    return seen;
  };
}

export async function keepsSecrets(
  { project }: Stage,
  { canaries, processes }: { readonly canaries: readonly string[]; readonly processes: string },
): Promise<void> {
  // What is searched must be what it is taken for.
  holds(
    processes.includes("kvm-tuning"),
    "the samples of the process list to hold a step of the provider",
    processes.slice(0, 2000),
  );
  const state = JSON.stringify(await project.state());
  holds(state.includes("kvm-tuning:HostTuning"), "the state to hold the resource", state.slice(0, 2000));
  for (const canary of canaries) {
    holds(canary.length > 10, "a canary that can be searched for", canary);
    showsNot(state, canary);
    showsNot(processes, canary);
  }
  const texts = [...state.matchAll(/"__provider":("(?:[^"\\]|\\.)*")/g)].map(
    (match) => JSON.parse(match[1] ?? '""') as string,
  );
  holds(
    texts.length > 0 && texts.every((text) => text.length <= 100),
    "a __provider of at most 100 bytes",
    texts.join("\n"),
  );
}
