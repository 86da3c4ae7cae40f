/* Cache and memory bandwidth of vCPUs, by the kernel's resctrl: <cachetune> and <memorytune>. */
import { z } from "zod";
import type { CpuSet } from "../linux/cpu-set";
import {
  disjoint,
  givenList,
  inWords,
  list,
  oneOf,
  repeated,
  rules,
  setOf,
  whole,
  type Given,
  type Say,
} from "./schema-values";

const hostId = whole(0, 65535);

const cache = z.strictObject(
  {
    level: whole(1, 9),
    id: hostId,
    type: oneOf(["both", "code", "data"]),
    sizeKiB: whole(1, 2 ** 32 - 1),
  },
  { error: 'must be an object, for example { level: 3, id: 0, type: "both", sizeKiB: 3072 }' },
);

const node = z.strictObject(
  { id: hostId, bandwidthPercent: whole(1, 100) },
  { error: "must be an object, for example { id: 0, bandwidthPercent: 50 }" },
);

/** One thing is given once: the later place is named. */
function onceEach<Item extends z.ZodType>(item: Item, key: { names: readonly string[]; what: string }) {
  const items = z
    .array(item, { error: `must be a list of ${key.what}s` })
    .min(1, { error: `is empty: give a ${key.what}, or leave the whole entry out` });
  return rules(items, (given, say) => {
    const keys = givenList(given).map((one) => key.names.map((name) => String(one[name])).join(" "));
    for (const index of repeated(keys))
      say([index], `is a second ${key.what} of the same ${inWords(key.names, "and")}`);
  });
}

const caches = onceEach(cache, { names: ["level", "id", "type"], what: "cache" });
const nodes = onceEach(node, { names: ["id"], what: "node" });

/** A vCPU is in one group alone. */
function inOneGroup<Entry extends z.ZodType>(entry: Entry, error: string) {
  return rules(z.array(entry, { error }), (given, say) =>
    disjoint(vcpusOf(given), (index, vcpu, first) =>
      say([index, "vcpus"], `holds vCPU ${vcpu}, which entry ${first} holds too`),
    ),
  );
}

const vcpusOf = (given: unknown): readonly (CpuSet | undefined)[] =>
  givenList(given).map((entry) => setOf(entry["vcpus"]));

export const resctrlShape = {
  cacheTune: inOneGroup(
    z.strictObject({ vcpus: list("vCPU"), caches }, { error: "must be an object with vcpus and caches" }),
    "must be a list of cache allocations, each with its vCPUs",
  ).optional(),
  memoryTune: inOneGroup(
    z.strictObject({ vcpus: list("vCPU"), nodes }, { error: "must be an object with vcpus and nodes" }),
    "must be a list of bandwidth allocations, each with its vCPUs",
  ).optional(),
};

/** Both are one resctrl group of the kernel: libvirt takes the same vCPUs or none of them, nothing between. */
export function groupRules({ cacheTune, memoryTune }: Given, say: Say): void {
  const groups = vcpusOf(cacheTune);
  vcpusOf(memoryTune).forEach((vcpus, index) => {
    const other = groups.findIndex((group) => group && vcpus?.intersects(group) && !vcpus.equals(group));
    if (other >= 0)
      say(
        ["memoryTune", index, "vcpus"],
        `must be the vCPUs of cacheTune.${other}, or none of them: one group has both`,
      );
  });
}
