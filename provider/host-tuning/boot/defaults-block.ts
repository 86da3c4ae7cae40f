/*
 * Our part of /etc/default/grub, where grub-mkconfig reads nothing but that file: the same lines as the drop-in of
 * Debian (grub-fragment.ts), in a block at its end. Sourced last, it holds whatever the lines before it say, so that no
 * line of others has to be understood, and taking it out gives their bytes back.
 */
import type { BootArguments } from "./boot-arguments";
import { fragmentKeys, grubFragment } from "./grub-fragment";

export const defaultsFile = "/etc/default/grub";

const begin = "### BEGIN pulumi-kvm-tuning";
/** The line before the block had no end of its own. */
const joined = " (its line end too)";
const end = "### END pulumi-kvm-tuning";

const block = new RegExp(`^${begin}(${joined.replaceAll(/[()]/g, "\\$&")})?\\n[\\s\\S]*?^${end}(?:\\n|$)`, "m");

/** `text` with the block at its end; as it is when the block is there, and is what it should be. */
export function withBlock(text: string, wanted: BootArguments): string {
  const others = withoutBlock(text);
  const open = others !== "" && !others.endsWith("\n");
  return `${others}${open ? "\n" : ""}${begin}${open ? joined : ""}\n${grubFragment(wanted)}${end}\n`;
}

export function withoutBlock(text: string): string {
  const found = block.exec(text);
  if (found === null) return text;
  const before = text.slice(0, found.index);
  return (found[1] === undefined ? before : before.replace(/\n$/, "")) + text.slice(found.index + found[0].length);
}

/** The keys that the block manages. */
export const blockKeys = (text: string): readonly string[] => fragmentKeys(block.exec(text)?.[0] ?? "");
