import { readFileSync } from "node:fs";

import { parseKernelLine } from "../../provider/linux/kernel-args";
import { kernelEffect, type BootMachine } from "../../provider/linux/kernel-effect";
import { difference, type CaseResult, type Corpus } from "./corpus";

type Pages = Readonly<Record<string, number>>;

interface TokenCase {
  readonly kind: "tokens";
  readonly input: string;
  readonly tokens: readonly { readonly key: string; readonly value: string | null }[];
}

interface EffectCase {
  readonly kind: "effect";
  readonly input: string;
  readonly isolated: string;
  readonly nohzFull: string;
  readonly hugepagesTotal: Pages;
  readonly hugepagesPerNode: Readonly<Record<string, Pages>>;
}

/**
 * The machine on which the effects were seen: q35, so 2 GiB of the first node lie below the PCI hole and its rest
 * above 4 GiB; of aligned pages of 1 GiB only two of the second node are free when the kernel takes them.
 */
const witness: BootMachine = {
  cpuCount: 8,
  nodes: [0, 1],
  pageSizesKiB: [2048, 1048576],
  giganticRoom: new Map([
    [0, 0],
    [1, 2],
  ]),
};

/** Kernel command lines: how the kernel splits them, and what they did on Linux 6.1. */
export const cmdline: Corpus = {
  name: "cmdline",
  source: "cases/cmdline-cases.json",
  run(path) {
    const { cases } = JSON.parse(readFileSync(path, "utf8")) as { cases: readonly (TokenCase | EffectCase)[] };
    return Promise.resolve(cases.map((one) => ({ case: `${one.kind} ${one.input}`, problems: problemsOf(one) })));
  },
};

function problemsOf(one: TokenCase | EffectCase): CaseResult["problems"] {
  if (one.kind === "tokens") {
    const tokens = parseKernelLine(one.input).map(({ key, value }) => ({ key, value }));
    return difference("tokens", tokens, one.tokens);
  }
  const effect = kernelEffect(one.input, witness);
  const pages = (size: string, node: string) => effect.hugepages.get(Number(size))?.get(Number(node)) ?? 0;
  const nodes = Object.keys(one.hugepagesPerNode);
  const total = (size: string) => nodes.reduce((sum, node) => sum + pages(size, node), 0);
  return [
    ...difference("isolated", effect.isolated.toString(), one.isolated),
    ...difference("nohzFull", effect.nohzFull.toString(), one.nohzFull),
    ...Object.entries(one.hugepagesTotal).flatMap(([size, want]) => difference(`pages ${size}`, total(size), want)),
    ...nodes.flatMap((node) =>
      Object.entries(one.hugepagesPerNode[node] ?? {}).flatMap(([size, want]) =>
        difference(`pages ${size} of node ${node}`, pages(size, node), want),
      ),
    ),
  ];
}
