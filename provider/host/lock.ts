import { randomBytes } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { TransportError, type Transport } from "../transport/transport";
import { lockScript } from "./lock-script";

export interface HostLock {
  readonly token: string;
  /** Never throws. */
  release(): Promise<void>;
}

/** Takes the host's lock (lock-script.ts), or throws and says who holds it. */
export async function lockHost(transport: Transport, waitSeconds: number): Promise<HostLock> {
  const token = randomBytes(16).toString("hex");
  const argv = ["sh", "-c", lockScript, "kvm-tuning", String(waitSeconds), token, whoWeAre()];
  const marker = `locked ${token}`;
  try {
    const held = await transport.hold({ argv, marker, timeoutSeconds: 2 * waitSeconds + 30 });
    return { token, release: () => held.release() };
  } catch (cause) {
    if (!(cause instanceof TransportError) || cause.failure !== "commandFailed") throw cause;
    throw new Error(`${transport.endpoint}: cannot lock the host for tuning: ${cause.message}`, { cause });
  }
}

function whoWeAre(): string {
  let user = "unknown user";
  try {
    user = userInfo().username;
  } catch {
    // A container's user may have no name.
  }
  return `${user} on ${hostname()} (process ${process.pid})`;
}
