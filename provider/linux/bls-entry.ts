/*
 * Boot loader entries: one file a kernel, `key value` lines, in /boot/loader/entries or on the EFI system partition.
 * Source: the Boot Loader Specification, type 1 (uapi-group.org/specifications/specs/boot_loader_specification);
 * GRUB's blscfg (Fedora, RHEL), which expands variables in the values.
 */
import { editKernelLine, type LineArguments } from "./kernel-line-edit";

export interface BlsField {
  readonly key: string;
  readonly value: string;
  /** Where the value stands in the text. */
  readonly start: number;
}

export function parseBlsEntry(text: string): readonly BlsField[] {
  return [...text.matchAll(/^([^\S\n]*)([^\s#][^\s]*)([^\S\n]+)([^\n]*)$/gm)].map((found) => {
    const [, indent = "", key = "", gap = "", rest = ""] = found;
    return { key, value: rest.trimEnd(), start: found.index + indent.length + key.length + gap.length };
  });
}

/** The last value of `key`; undefined: none. */
export const blsValue = (fields: readonly BlsField[], key: string): string | undefined =>
  fields.findLast((field) => field.key === key)?.value;

/** All `options` lines count, one behind the other. */
export const blsOptions = (text: string): string =>
  parseBlsEntry(text)
    .filter((field) => field.key === "options")
    .map((field) => field.value)
    .join(" ");

/** The text with the managed arguments as wanted; every other byte stays. */
export function editBlsOptions(text: string, wanted: LineArguments): string {
  const lines = parseBlsEntry(text).filter((field) => field.key === "options");
  const all = blsOptions(text);
  if (editKernelLine(all, wanted) === all) return text;
  if (lines.length === 0) return withOptions(text, editKernelLine("", wanted));
  const boundary = lines.findIndex((field) => /(?:^|\s)(?:--(?=\s|$)|\$)/.test(field.value));
  const target = boundary < 0 ? lines.length - 1 : boundary;
  const edited = lines.map((field, index) => {
    // Behind `--` of an earlier line all is for init.
    if (lines.slice(0, index).some((one) => /(?:^|\s)--(?=\s|$)/.test(one.value))) return field.value;
    return editKernelLine(field.value, index === target ? wanted : { keys: wanted.keys, arguments: [] });
  });
  let out = "";
  let at = 0;
  lines.forEach((field, index) => {
    out += text.slice(at, field.start) + (edited[index] ?? "");
    at = field.start + field.value.length;
  });
  return out + text.slice(at);
}

function withOptions(text: string, options: string): string {
  const end = /\r\n/.test(text) ? "\r\n" : "\n";
  const missing = text === "" || text.endsWith("\n") ? "" : end;
  return `${text}${missing}options ${options}${end}`;
}
