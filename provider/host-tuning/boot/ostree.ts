/*
 * ostree systems (Fedora CoreOS, IoT, Atomic desktops, RHEL for Edge): kernel arguments belong to a deployment, and
 * `rpm-ostree kargs` makes a new one with others. What it prints without options are the arguments of the deployment that
 * boots next, one that waits for the shutdown too. The deployment from before stays in the menu. A later update takes the
 * arguments over.
 * Source: rpm-ostree(1), kargs.
 */
import type { HostSnapshot } from "../../host/snapshot";
import type { Step } from "../../host/step";
import { formatKernelArgument, parseKernelLine, printKernelLine, type KernelArgument } from "../../linux/kernel-args";
import { kargsFile } from "../../linux/boot-loader-markers";
import type { EntryFor } from "../boot-values";
import type { BootArguments } from "./boot-arguments";
import { hasArguments, managedArguments, type BootLoader, type Detection } from "./boot-loader";
import { argumentsOf, lineWithoutOurs, memoOf, undoLines, withDropped, writeMemo } from "./line-files";

export const ostree: BootLoader = {
  name: "ostree (rpm-ostree)",
  detect,
  nextBoot: (snapshot) => {
    const line = lineOf(snapshot);
    return {
      entry: "the next deployment",
      oneShot: false,
      line,
      lastingLine: line,
      doubts: [],
      sourcesOf: () => ["rpm-ostree kargs"],
    };
  },
  findings: () => ({ problems: [], warnings: [] }),
  steps,
  withoutOurs: lineWithoutOurs,
  undo: (snapshot) => {
    const memo = memoOf(snapshot);
    const change = memo === undefined ? [] : deploy(argumentsOf(memo.before, memo.keys), snapshot);
    return { left: [], steps: [...change, ...undoLines({ entries: [], line: "", snapshot })] };
  },
};

function detect(snapshot: HostSnapshot): Detection {
  if (snapshot.files.text("/run/ostree-booted") === undefined) return { kind: "other" };
  if (snapshot.files.text(kargsFile) !== undefined) return { kind: "usable" };
  return {
    kind: "refused",
    reason:
      "an ostree system without rpm-ostree (bootc): its kernel arguments are part of the image, in /usr/lib/bootc/kargs.d",
  };
}

const lineOf = (snapshot: HostSnapshot): readonly KernelArgument[] =>
  parseKernelLine((snapshot.files.text(kargsFile) ?? "").trim());

function steps(wanted: BootArguments, snapshot: HostSnapshot, entryFor: EntryFor): readonly Step[] {
  const first = { before: printKernelLine(lineOf(snapshot)) };
  return [...writeMemo(wanted, { first, snapshot, entryFor }), ...deploy(withDropped(wanted, snapshot), snapshot)];
}

/** One new deployment. Each argument that goes is named with its value: of a key that stands twice both must go. */
function deploy(wanted: BootArguments, snapshot: HostSnapshot): readonly Step[] {
  const line = lineOf(snapshot);
  if (hasArguments(line, wanted)) return [];
  const gone = managedArguments(line, wanted.keys).map(({ text }) => `--delete=${text}`);
  const come = wanted.arguments.map(({ key, value }) => `--append=${formatKernelArgument(key, value)}`);
  const argv = ["rpm-ostree", "kargs", ...gone, ...come];
  return [{ kind: "run", setting: "rpm-ostree kargs", name: "rpm-ostree kargs", argv, timeoutSeconds: 900 }];
}
