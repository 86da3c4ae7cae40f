/* What the guest's memory is made of: <memoryBacking>, and the hard limit of <memtune>. */
import { z } from "zod";
import { parsePageSizeKiB } from "../linux/units";
import {
  disjoint,
  givenList,
  givenObject,
  list,
  mostMiB,
  oneOf,
  rules,
  setOf,
  someOf,
  whole,
  yesOrNo,
} from "./schema-values";

const sizeError = 'must be a page size as text: a power of two with K, M or G, for example "2M" or "1G"';
const size = z.string({ error: sizeError }).refine(isPageSize, { error: sizeError });

function isPageSize(text: string): boolean {
  try {
    parsePageSizeKiB(text);
    return true;
  } catch {
    return false;
  }
}

const pages = rules(
  z
    .array(
      z.strictObject(
        { size, cells: list("cell").optional() },
        { error: 'must be an object, for example { size: "1G", cells: "0" }' },
      ),
    )
    .min(1, { error: "is empty: give a page size, or leave it out" }),
  (value, say) => {
    const given = givenList(value);
    disjoint(
      given.map((page) => setOf(page["cells"])),
      (index, cell, first) => say([index, "cells"], `holds cell ${cell}, which entry ${first} holds too`),
    );
    const everywhere = given.flatMap((page, index) => (page["cells"] === undefined ? [index] : []));
    for (const index of everywhere.slice(1))
      say([index, "cells"], `must be given: entry ${everywhere[0] ?? 0} is for all other cells already`);
  },
);

const memoryBacking = rules(
  someOf({
    hugepages: z
      .union([z.literal(true), pages], { error: 'must be true, or a list of page sizes, for example [{ size: "1G" }]' })
      .optional(),
    locked: yesOrNo().optional(),
    hardLimitMiB: whole(1, mostMiB).optional(),
    nosharepages: yesOrNo().optional(),
    source: oneOf(["anonymous", "file", "memfd"]).optional(),
    access: oneOf(["shared", "private"]).optional(),
    allocation: oneOf(["immediate", "ondemand"]).optional(),
  }),
  (value, say) => {
    // libvirt refuses both with huge pages, which it takes whole when the domain starts.
    const { hugepages, source, allocation } = givenObject(value);
    if (hugepages === undefined) return;
    if (source === "anonymous")
      say(["source"], "must be file or memfd with hugepages: libvirt takes no anonymous ones");
    if (allocation === "ondemand") say(["allocation"], "must be immediate with hugepages, or left out");
  },
);

export const memoryShape = { memoryBacking: memoryBacking.optional() };
