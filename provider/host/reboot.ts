import type { Transport } from "../transport/transport";
import { TransportError, type TransportFailure } from "../transport/transport";

export interface RebootWait {
  readonly timeoutSeconds: number;
  /** Called about once a second with the seconds since the reboot was asked for, and what was seen last. */
  readonly onWait: (seconds: number, seen: string) => void;
}

/** The host said no, and goes on as it was. */
export class RebootRefused extends Error {
  override readonly name = "RebootRefused";
}

/**
 * Reboots the host and waits until it answers with another boot_id: an SSH server that answers may be the one that is
 * going down. `reconnect` opens a connection, with one dial.
 */
export async function rebootHost(
  transport: Transport,
  reconnect: () => Promise<Transport>,
  { timeoutSeconds, onWait }: RebootWait,
): Promise<Transport> {
  const before = await bootId(transport);
  await ask(transport);
  const start = Date.now();
  for (let seen = "going down"; ;) {
    const seconds = Math.round((Date.now() - start) / 1000);
    if (seconds > timeoutSeconds) throw new Error(notBack(transport, { timeoutSeconds, seen }));
    onWait(seconds, seen);
    await pause();
    const found = await tryBoot(reconnect);
    if ("transport" in found && found.bootId !== before) return found.transport;
    seen = "transport" in found ? "still up" : found.seen;
  }
}

async function bootId(transport: Transport): Promise<string> {
  const { stdout, exitCode } = await transport.exec({
    argv: ["sh", "-c", 'cat "$KVM_TUNING_ROOT/proc/sys/kernel/random/boot_id"'],
    timeoutSeconds: 30,
  });
  if (exitCode !== 0 || stdout.trim() === "") throw new Error(`${transport.endpoint}: cannot read the boot_id`);
  return stdout.trim();
}

/** The answer may be lost with the connection: that the host goes down is seen by its next boot_id. */
async function ask(transport: Transport): Promise<void> {
  try {
    const { exitCode, stderr } = await transport.exec({
      argv: ["systemctl", "--no-block", "reboot"],
      timeoutSeconds: 60,
    });
    if (exitCode !== 0) throw new RebootRefused(`${transport.endpoint}: the host refuses to reboot: ${stderr.trim()}`);
  } catch (error) {
    if (!(error instanceof TransportError) || error.failure !== "connectionLost") throw error;
  }
}

const words: Readonly<Record<TransportFailure, string>> = {
  unreachable: "no answer",
  connectionLost: "going down",
  timeout: "no answer",
  authentication: "it answers, but lets nobody in yet",
  sudo: "it answers, but sudo does not work yet",
  hostKey: "another host key",
  output: "no answer",
  commandFailed: "no answer",
};

async function tryBoot(
  reconnect: () => Promise<Transport>,
): Promise<{ transport: Transport; bootId: string } | { seen: string }> {
  try {
    const transport = await reconnect();
    return { transport, bootId: await bootId(transport) };
  } catch (error) {
    // Another host key will not become the right one by waiting. A refused login may: sshd is up before logins are.
    if (error instanceof TransportError && error.failure === "hostKey") throw error;
    return { seen: error instanceof TransportError ? words[error.failure] : "no answer" };
  }
}

function notBack(transport: Transport, { timeoutSeconds, seen }: { timeoutSeconds: number; seen: string }): string {
  return (
    `${transport.endpoint}: the host did not come back within ${timeoutSeconds} s of its reboot (last seen: ${seen}). ` +
    "Look at its console; a longer rebootTimeoutSeconds lets slow firmware finish. When it answers again, `pulumi up` goes on."
  );
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1000));
