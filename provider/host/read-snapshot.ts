import { randomBytes } from "node:crypto";
import type { ExecResult, Transport } from "../transport/transport";
import type { HostSnapshot, SnapshotRequest } from "./snapshot";
import { parseSnapshot } from "./snapshot-parse";
import { snapshotScript } from "./snapshot-script";
import { belowProcSys, beyondFixedList } from "./snapshot-sysctls";

/** Reads a host in one exec. Without a machine-id it is refused: that is a host's identity in state. */
export async function readSnapshot(transport: Transport, request: SnapshotRequest): Promise<HostSnapshot> {
  const nonce = randomBytes(16).toString("hex");
  // A file that was printed twice would read as two lines.
  const { sysctlKeys } = beyondFixedList(request);
  const paths = new Set(sysctlKeys.map(belowProcSys));
  const domains = request.domains ? [request.domains === "awake" ? "--domains-if-awake" : "--domains"] : [];
  const units = (request.units ?? []).length === 0 ? [] : ["--units", (request.units ?? []).join(" ")];
  const result = await transport.exec({
    argv: ["sh", "-c", snapshotScript, "kvm-tuning", nonce, ...domains, ...units, ...paths],
  });
  const snapshot = parsed(result, { endpoint: transport.endpoint, nonce, request });
  if (snapshot.machineId === "") {
    throw new Error(
      `${transport.endpoint}: the host has no machine-id: /etc/machine-id must hold 32 hexadecimal digits. ` +
        "Run `systemd-machine-id-setup` on the host (other systems: `dbus-uuidgen > /etc/machine-id`).",
    );
  }
  return snapshot;
}

interface Reading {
  readonly endpoint: string;
  readonly nonce: string;
  readonly request: SnapshotRequest;
}

function parsed(result: ExecResult, { endpoint, nonce, request }: Reading): HostSnapshot {
  try {
    return parseSnapshot(result.stdout, { nonce, request, readAt: Date.now() });
  } catch (cause) {
    const stderr = result.stderr.trim();
    const more = stderr === "" ? "" : `. The host said: ${stderr.slice(0, 500)}`;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${endpoint}: cannot read the host: ${why}${more}`, { cause });
  }
}
