/* One VM of a plan: what is wanted of it, in words and sizes. */
import { z } from "zod";
import {
  givenObject,
  list,
  mostMiB,
  mostVcpus,
  oneOf,
  rules,
  setOf,
  whole,
  type Given,
  type Say,
} from "../vm-cpu-placement/schema-values";
import { chosenName, oneOrMore, pageSize, pageSizeOf } from "./schema-values";

const addressError = 'must be a PCI address as `lspci -D` prints it, for example "0000:3b:00.0"';
const nearDevice = z.strictObject(
  {
    address: z
      .string({ error: addressError })
      .regex(/^[0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.[0-7]$/, { error: addressError })
      .transform((text) => text.toLowerCase()),
    policy: oneOf(["required", "preferred"]).default("preferred"),
  },
  { error: 'must be an object, for example { address: "0000:3b:00.0", policy: "required" }' },
);

const pins = z.strictObject(
  { vcpus: list("CPU"), emulator: list("CPU").optional() },
  { error: 'must be an object, for example { vcpus: "2,18,3,19" }' },
);

const domainError = "must be the domain's name or UUID";
const nodesError = 'must be a whole number from 1 to 64, or "fit"';

const vmShape = {
  domain: z
    .string({ error: domainError })
    .min(1, { error: `${domainError}; it is empty` })
    .optional(),
  vcpus: whole(1, mostVcpus),
  memoryMiB: whole(1, mostMiB),
  pageSize: pageSize.optional(),
  cpuPolicy: oneOf(["dedicated", "shared", "mixed"]).default("dedicated"),
  dedicatedVcpus: whole(1, mostVcpus).optional(),
  threadPolicy: oneOf(["require", "prefer", "isolate"]).default("prefer"),
  emulatorThreads: oneOf(["share", "isolate"]).optional(),
  ioThreads: whole(0, 1024).default(0),
  nodes: z.union([whole(1, 64, ', or "fit"'), z.literal("fit")], { error: nodesError }).default("fit"),
  latencyClass: oneOf(["normal", "realTime"]).default("normal"),
  coreKind: oneOf(["performance", "intermediate", "efficiency", "low-power"]).optional(),
  nearDevice: nearDevice.optional(),
  host: oneOrMore(chosenName, '"kvm-01"').optional(),
  antiAffinity: oneOrMore(chosenName, '"etcd"').optional(),
  pins: pins.optional(),
};

const vmError = "must be an object, for example { vcpus: 8, memoryMiB: 32768 }";

export const vmSchema = rules(z.strictObject(vmShape, { error: vmError }), (value, say) => {
  const given = givenObject(value);
  memoryRules(given, say);
  policyRules(given, say);
  pinRules(given, say);
});

export type VmArgs = z.output<typeof vmSchema>;

function memoryRules({ memoryMiB, pageSize: size, nodes, vcpus }: Given, say: Say): void {
  const pageKiB = pageSizeOf(size);
  if (typeof memoryMiB === "number" && pageKiB !== undefined && (memoryMiB * 1024) % pageKiB !== 0)
    say(["memoryMiB"], `must be a whole number of pages of ${String(size)}`);
  if (typeof nodes === "number" && typeof vcpus === "number" && nodes > vcpus)
    say(["nodes"], `must not be above vcpus, which is ${vcpus}: each guest cell has a vCPU`);
}

function policyRules({ cpuPolicy, dedicatedVcpus, threadPolicy, latencyClass, vcpus }: Given, say: Say): void {
  if (cpuPolicy === "mixed" && dedicatedVcpus === undefined)
    say(
      ["dedicatedVcpus"],
      'must be given with cpuPolicy "mixed": how many vCPUs, from the first on, have CPUs of their own',
    );
  if (cpuPolicy !== "mixed" && dedicatedVcpus !== undefined)
    say(["dedicatedVcpus"], 'goes with cpuPolicy "mixed" alone');
  if (typeof dedicatedVcpus === "number" && typeof vcpus === "number" && dedicatedVcpus >= vcpus)
    say(["dedicatedVcpus"], `must be below vcpus, which is ${vcpus}: all of them are cpuPolicy "dedicated"`);
  if (latencyClass === "realTime" && (cpuPolicy === "shared" || cpuPolicy === "mixed"))
    say(["latencyClass"], 'goes with cpuPolicy "dedicated" alone: a real-time vCPU blocks all that share its CPU');
  if (cpuPolicy === "shared" && (threadPolicy === "require" || threadPolicy === "isolate"))
    say(["threadPolicy"], 'must be left out with cpuPolicy "shared", whose vCPUs have no core of their own');
}

function pinRules({ pins: all, host, vcpus, cpuPolicy, dedicatedVcpus }: Given, say: Say): void {
  if (all === undefined) return;
  const isOne = typeof host === "string" || (Array.isArray(host) && host.length === 1);
  if (!isOne) say(["host"], "must name one host beside pins: a CPU number means nothing on another");
  if (cpuPolicy === "shared") {
    say(["pins"], 'must be left out with cpuPolicy "shared", whose vCPUs run on shared CPUs');
    return;
  }
  const { vcpus: pinned } = givenObject(all);
  const count = cpuPolicy === "mixed" ? dedicatedVcpus : vcpus;
  const size = setOf(pinned)?.size;
  if (typeof count !== "number" || size === undefined || size === count) return;
  say(["pins", "vcpus"], `names ${size} CPUs for ${count} dedicated vCPUs: one for each, in order`);
}
