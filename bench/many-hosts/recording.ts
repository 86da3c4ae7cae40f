import { createHash } from "node:crypto";

/** What one host has answered to the commands of a run that changes nothing. */
export interface Recording {
  /** Of the recorded host. */
  readonly name: string;
  readonly machineId: string;
  readonly hostKey: string;
  /** By command (`normalised`); `{nonce}` stands for that of the asker. */
  readonly answers: Readonly<Record<string, string>>;
  readonly hosts: readonly { readonly name: string; readonly machineId: string; readonly drifted: boolean }[];
}

/**
 * Readings of the host are one command, whatever they ask for besides: who asks first in a refresh is chance, and the
 * fullest answer serves all. Each reading has a number of its own in it.
 */
export function normalised(command: string): { readonly key: string; readonly nonce: string } {
  const nonce = [...command.matchAll(/kvm-tuning ([0-9a-f]{32})\b/g)].at(-1)?.[1] ?? "";
  if (nonce !== "") return { key: "reading", nonce };
  return { key: createHash("sha256").update(command).digest("hex").slice(0, 16), nonce };
}
