import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { grubFragment } from "../../provider/host-tuning/boot/grub-fragment";
import { withBlock, withoutBlock } from "../../provider/host-tuning/boot/defaults-block";
import { blsOptions, editBlsOptions, parseBlsEntry } from "../../provider/linux/bls-entry";
import { canonicalKey, formatKernelArgument, parseKernelLine } from "../../provider/linux/kernel-args";
import type { LineArguments } from "../../provider/linux/kernel-line-edit";
import { difference, type CaseResult, type Corpus } from "./corpus";

interface EditRecord {
  readonly variable?: string;
  readonly managedKeys: readonly string[];
  readonly newTokens: readonly string[];
  readonly unmanagedTokensInOrder: readonly string[];
}

interface FileRecord {
  readonly path: string;
  readonly kind: string;
  readonly sourcedByDash?: { readonly vars: Readonly<Record<string, string>> };
  readonly entries?: readonly (readonly [string, string])[];
  readonly edits?: readonly EditRecord[];
}

/**
 * Defaults of GRUB and entries of the Boot Loader Specification, edited. A defaults file is sourced again by dash, without
 * commands, both with the drop-in behind it (Debian) and with the block in it (others).
 */
export const bootcfg: Corpus = {
  name: "bootcfg",
  source: "bootcfg.tar.gz",
  run(folder) {
    const records = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as readonly FileRecord[];
    const scratch = mkdtempSync(join(tmpdir(), "kvm-tuning-bootcfg-"));
    try {
      const results = records.flatMap((record) => {
        const text = readFileSync(join(folder, record.path), "utf8");
        if (record.kind === "bls") return blsCases(record, text);
        return record.kind.startsWith("grub-default") ? defaultsCases(record, text, scratch) : [];
      });
      return Promise.resolve(results);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  },
};

const names = ["GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT"];

function wantedOf(edit: EditRecord): LineArguments {
  const found = edit.newTokens.flatMap((token) => parseKernelLine(token));
  return { keys: edit.managedKeys, arguments: found.map(({ key, value }) => ({ key, value })) };
}

const printed = (wanted: LineArguments): readonly string[] =>
  wanted.arguments.map(({ key, value }) => formatKernelArgument(key, value));

function blsCases(record: FileRecord, text: string): readonly CaseResult[] {
  const rows = parseBlsEntry(text).map(({ key, value }) => [key, value]);
  const reading = { case: `${record.path} read`, problems: difference("entries", rows, record.entries) };
  const edits = (record.edits ?? []).map((edit): CaseResult => {
    const wanted = wantedOf(edit);
    const edited = editBlsOptions(text, wanted);
    const words = parseKernelLine(blsOptions(edited));
    const isOurs = (key: string) => edit.managedKeys.some((one) => canonicalKey(one) === canonicalKey(key));
    const others = (all: string) => all.split("\n").filter((line) => !/^\s*options\s/.test(line));
    return {
      case: `${record.path} ${edit.managedKeys.join()}`,
      problems: [
        ...difference(
          "ours",
          words.filter(({ key }) => isOurs(key)).map(({ text }) => text),
          printed(wanted),
        ),
        ...difference(
          "others",
          words.filter(({ key }) => !isOurs(key)).map(({ text }) => text),
          edit.unmanagedTokensInOrder,
        ),
        ...difference("lines of others", others(edited).join("\n").trimEnd(), others(text).join("\n").trimEnd()),
        ...difference("a second time", editBlsOptions(edited, wanted), edited),
      ],
    };
  });
  return [reading, ...edits];
}

function defaultsCases(record: FileRecord, text: string, scratch: string): readonly CaseResult[] {
  return (record.edits ?? []).flatMap((edit): readonly CaseResult[] => {
    const wanted = wantedOf(edit);
    const block = withBlock(text, wanted);
    const name = `${record.path} ${edit.variable ?? ""} ${edit.managedKeys.join()}`;
    const before = record.sourcedByDash?.vars ?? {};
    const bytes = [
      ...difference("bytes of others", block.startsWith(text), true),
      ...difference("a second time", withBlock(block, wanted), block),
      ...difference("undone", withoutBlock(block), text),
    ];
    return [
      { case: `${name} block`, problems: [...bytes, ...effects(sourced([block], before, scratch), edit, before)] },
      {
        case: `${name} drop-in`,
        problems: effects(sourced([text, grubFragment(wanted)], before, scratch), edit, before),
      },
    ];
  });
}

/** Ours stand once on the line that the two variables make; what is not ours stays, in both and in all others. */
function effects(
  after: Readonly<Record<string, string>>,
  edit: EditRecord,
  before: Readonly<Record<string, string>>,
): readonly string[] {
  const isOurs = (word: string) =>
    edit.managedKeys.some((key) => canonicalKey(key) === canonicalKey(parseKernelLine(word)[0]?.key ?? ""));
  const line = names.flatMap((name) => words(after[name]));
  const unmanaged = (name: string, from: Readonly<Record<string, string>>) =>
    words(from[name]).filter((word) => !isOurs(word));
  const rest = Object.keys(before).filter((name) => !names.includes(name));
  return [
    ...difference("ours", line.filter(isOurs).map(bare), edit.newTokens.map(bare)),
    ...names.flatMap((name) => difference(name, unmanaged(name, after), unmanaged(name, before))),
    ...(edit.variable === undefined
      ? []
      : difference("others", unmanaged(edit.variable, after), edit.unmanagedTokensInOrder)),
    ...rest.flatMap((name) => difference(name, after[name], before[name])),
  ];
}

/** Words as GRUB splits them when it reads the line: quotes of both kinds keep blanks together. */
const words = (value = ""): readonly string[] =>
  value.match(/(?:\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"|[^\s'"\\])+/g) ?? [];

const bare = (word: string): string => word.replaceAll(/['"]/g, "");

/** The variables after a shell has sourced the texts one after the other, with no command in reach. */
function sourced(
  texts: readonly string[],
  before: Readonly<Record<string, string>>,
  scratch: string,
): Readonly<Record<string, string>> {
  const files = texts.map((text, index) => {
    const path = join(scratch, `part-${index}`);
    writeFileSync(path, text);
    return path;
  });
  const asked = [...new Set([...names, ...Object.keys(before)])];
  const script = `asked=$1; shift; PATH=; for file in "$@"; do . "$file"; done
for name in $asked; do eval "[ -n \\"\\\${$name+set}\\" ] && printf '%s=%s\\\\0' $name \\"\\\$$name\\""; done; :`;
  const out = execFileSync("dash", ["-c", script, "dash", asked.join(" "), ...files], {
    stdio: ["ignore", "pipe", "ignore"],
    env: {},
  }).toString();
  const pairs = out.split("\0").filter((pair) => pair !== "");
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
}
