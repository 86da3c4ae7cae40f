/*
 * Transparent huge pages: the kernel backs ordinary memory with huge pages of its own accord. `enabled`: for whom;
 * `defrag`: what a page fault does when none is free (`always` stalls it for compaction). Memory of VMs that use
 * `hugepages` is not concerned.
 * Running: /sys/kernel/mm/transparent_hugepage/{enabled,defrag}, where the choice is the word in brackets. Persistent:
 * written at every boot by kvm-tuning.service. Takes effect at once, for memory that is touched from then on: what is
 * mapped with huge pages keeps them.
 * Source: https://docs.kernel.org/admin-guide/mm/transhuge.html
 */
import { z } from "zod";
import { chosen } from "../../host/journal";
import type { HostSnapshot } from "../../host/snapshot";
import { defineKnob, type Setting } from "../knob";

const enabledWords = ["always", "madvise", "never"] as const;
const defragWords = ["always", "defer", "defer+madvise", "madvise", "never"] as const;

const enabled = z.enum(enabledWords);
const defrag = z.enum(defragWords);

export const transparentHugepages = defineKnob({
  schema: z.union([
    enabled,
    z
      .strictObject({ enabled: enabled.optional(), defrag: defrag.optional() })
      .refine(
        (given) => given.enabled !== undefined || given.defrag !== undefined,
        "sets nothing: give enabled or defrag",
      ),
  ]),
  settings: (desired, snapshot) => {
    const wanted: Wanted = typeof desired === "string" ? { enabled: desired } : desired;
    return (["enabled", "defrag"] as const).flatMap((file) => {
      const word = wanted[file];
      return word === undefined ? [] : [row(file, word, snapshot)];
    });
  },
  observe: (desired, snapshot) => {
    const now = enabledWords.find((word) => word === running("enabled", snapshot));
    if (typeof desired === "string") return now ?? desired;
    const mode = defragWords.find((word) => word === running("defrag", snapshot));
    return {
      ...(desired.enabled !== undefined && { enabled: now ?? desired.enabled }),
      ...(desired.defrag !== undefined && { defrag: mode ?? desired.defrag }),
    };
  },
});

type File = "enabled" | "defrag";
type Wanted = Readonly<Partial<Record<File, string | undefined>>>;

const pathOf = (file: File): string => `/sys/kernel/mm/transparent_hugepage/${file}`;

function running(file: File, snapshot: HostSnapshot): string | undefined {
  const text = snapshot.files.text(pathOf(file));
  return text === undefined ? undefined : chosen(pathOf(file), text.trim());
}

function row(file: File, word: string, snapshot: HostSnapshot): Setting {
  const path = pathOf(file);
  const offered = (snapshot.files.text(path) ?? "").split(/\s+/).map((one) => one.replace(/^\[(.*)\]$/, "$1"));
  const actual = running(file, snapshot);
  return {
    name: `transparentHugepages.${file}`,
    desired: word,
    actual: actual ?? null,
    impact: "live",
    source: path,
    remedy: "Another service may set it: look for tuned.",
    ...obstacle(word, actual === undefined ? undefined : offered),
    write: [{ path, value: word }],
    boot: [{ kind: "path", path, value: word }],
  };
}

/** defer+madvise came with Linux 4.11. */
function obstacle(word: string, offered: readonly string[] | undefined): Pick<Setting, "notApplicable" | "problem"> {
  if (offered === undefined) return { notApplicable: "the kernel was built without CONFIG_TRANSPARENT_HUGEPAGE" };
  return offered.includes(word) ? {} : { problem: `this kernel has no ${word}; it offers ${offered.join(", ")}` };
}
