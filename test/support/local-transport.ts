/**
 * A transport without SSH: every command runs in a child process on this machine, with `KVM_TUNING_ROOT` set to a
 * fixture folder. For tests of what the scripts do; what SSH does to them is tested through ssh-host.
 */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { TransportError, type ExecRequest, type HeldCommand, type Transport } from "../../provider/transport/transport";

export interface LocalTransportOptions {
  readonly root: string;
  /** First on PATH: stand-ins for commands. */
  readonly bin?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Instead of `sh`, for example `["/bin/busybox", "sh"]`. */
  readonly shell?: readonly string[];
}

export interface LocalTransport extends Transport {
  /** The commands that ran. */
  readonly requests: readonly ExecRequest[];
}

export function localTransport(options: LocalTransportOptions): LocalTransport {
  const requests: ExecRequest[] = [];
  const start = (request: ExecRequest): ChildProcessWithoutNullStreams => {
    requests.push(request);
    const [, ...args] = request.argv;
    const [command = "sh", ...first] = options.shell ?? ["sh"];
    const path = options.bin === undefined ? process.env["PATH"] : `${options.bin}:${process.env["PATH"] ?? ""}`;
    const env = { ...process.env, LC_ALL: "C", KVM_TUNING_ROOT: options.root, PATH: path, ...options.env };
    return spawn(command, [...first, ...args], { env, detached: true });
  };
  return {
    endpoint: "root@fixture:22",
    closed: false,
    requests,
    close: () => undefined,
    async exec(request) {
      const child = start(request);
      const output = collect(child);
      child.stdin.on("error", () => undefined).end(request.stdin ?? "");
      const exitCode = await ended(child);
      return { exitCode, ...output };
    },
    async hold(request) {
      const child = start(request);
      return held(child, request.marker ?? "");
    },
  };
}

async function held(child: ChildProcessWithoutNullStreams, marker: string): Promise<HeldCommand> {
  const output = collect(child);
  const over = ended(child);
  const found = (): string | undefined =>
    output.stdout
      .split("\n")
      .slice(0, -1)
      .find((line) => line.startsWith(marker));
  const line = new Promise<void>((resolve) => child.stdout.on("data", () => found() !== undefined && resolve()));
  const exitCode = await Promise.race([line, over]);
  const firstLine = found();
  if (firstLine === undefined) {
    throw new TransportError("commandFailed", `ended with exit code ${String(exitCode)}: ${output.stderr.trim()}`);
  }
  return {
    firstLine,
    get ended() {
      return child.exitCode !== null || child.signalCode !== null;
    },
    async release() {
      child.stdin.on("error", () => undefined).end();
      await over;
    },
  };
}

interface Output {
  stdout: string;
  stderr: string;
}

function collect(child: ChildProcessWithoutNullStreams): Output {
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
  return output;
}

const signals: Readonly<Record<string, number>> = { SIGKILL: 137, SIGTERM: 143, SIGINT: 130, SIGHUP: 129 };

async function ended(child: ChildProcessWithoutNullStreams): Promise<number> {
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return code ?? signals[signal ?? ""] ?? 255;
}
