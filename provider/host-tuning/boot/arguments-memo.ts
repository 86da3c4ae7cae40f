/*
 * Which arguments are ours, where no file of the boot loader can say so: entries of the Boot Loader Specification are
 * bare lines. Written before the first entry is, so that a run that is cut off leaves nothing that nobody knows of.
 */
import { canonicalKey } from "../../linux/kernel-args";
import type { BootArguments } from "./boot-arguments";

export const memoFile = "/etc/kvm-tuning/kernel-arguments";

export interface ArgumentsMemo {
  readonly keys: readonly string[];
  /** The kernel's line of the entry that booted by default before the first write. */
  readonly before: string;
  /** `kernelopts` of grubenv then, where the entries get their arguments from there (RHEL 8). */
  readonly kernelopts?: string;
}

const header =
  "# Which kernel arguments pulumi-kvm-tuning manages in the boot loader's entries, and what stood there before.\n";

export function memoText({ keys }: BootArguments, { before, kernelopts }: Omit<ArgumentsMemo, "keys">): string {
  const names = [...new Set(keys.map(canonicalKey))].sort();
  const options = kernelopts === undefined ? "" : `kernelopts ${kernelopts}\n`;
  return `${header}keys ${names.join(" ")}\nbefore ${before}\n${options}`;
}

export function readMemo(text: string | undefined): ArgumentsMemo | undefined {
  const line = (name: string) => new RegExp(`^${name} ?(.*)$`, "m").exec(text ?? "")?.[1];
  const [keys, before, kernelopts] = [line("keys"), line("before"), line("kernelopts")];
  if (keys === undefined || before === undefined) return undefined;
  return { keys: keys.split(" ").filter((key) => key !== ""), before, ...(kernelopts !== undefined && { kernelopts }) };
}
