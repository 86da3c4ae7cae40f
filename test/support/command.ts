/** The kvm-tuning command in this process, as if nobody looked: no colour, no progress. */
import { run } from "../../cli/program";

export interface CommandResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export async function kvmTuning(argv: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CommandResult> {
  let [out, err] = ["", ""];
  const terminal = {
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    colour: false,
    progress: false,
  };
  const code = await run(argv, terminal, env);
  return { code, out, err };
}
