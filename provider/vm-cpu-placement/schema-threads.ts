/* vCPUs and the domain's other threads: how many, where they run, and how they are scheduled. */
import { z } from "zod";
import { CpuSet } from "../linux/cpu-set";
import {
  disjoint,
  givenList,
  givenObject,
  list,
  listMessage,
  mostVcpus,
  oneOf,
  repeated,
  rules,
  setOf,
  someOf,
  whole,
  type Given,
  type Say,
} from "./schema-values";

const vcpuNumbers = z.string().regex(/^\d{1,4}(-\d{1,4})?(,\d{1,4}(-\d{1,4})?)*$/, {
  error: 'must be a vCPU number or a list of them, for example "0" or "0-3"',
});

const vcpuPins = z.union([list("CPU"), z.record(vcpuNumbers, list("CPU")).superRefine(refuseTwice)], {
  error: 'must be a CPU list as text, for example "2-5", or a map from vCPU to CPU list, for example { 0: "2" }',
});

function refuseTwice(pins: Readonly<Record<string, string>>, context: z.RefinementCtx): void {
  const seen = new Map<number, string>();
  for (const key of Object.keys(pins)) {
    for (const vcpu of numbersOf(key, context)) {
      const other = seen.get(vcpu);
      if (other !== undefined) {
        const message = `pins vCPU ${vcpu}, which ${JSON.stringify(other)} pins too`;
        context.addIssue({ code: "custom", path: [key], message });
        break;
      }
      seen.set(vcpu, key);
    }
  }
}

function numbersOf(key: string, context: z.RefinementCtx): Iterable<number> {
  try {
    return CpuSet.parse(key);
  } catch (error) {
    context.addIssue({ code: "custom", path: [key], message: listMessage(error, "vCPU") });
    return [];
  }
}

const vcpus = rules(
  someOf({ maximum: whole(1, mostVcpus).optional(), current: whole(1, mostVcpus).optional() }),
  (given, say) => {
    const { maximum, current } = givenObject(given);
    if (typeof maximum === "number" && typeof current === "number" && current > maximum)
      say(["current"], `must not be above maximum, which is ${maximum}`);
  },
);

const schedulerShape = {
  scheduler: oneOf(["fifo", "rr", "batch", "idle"]),
  priority: whole(1, 99).optional(),
};

function priorityRule({ scheduler, priority }: Given, say: Say): void {
  if ((scheduler === "fifo" || scheduler === "rr") && priority === undefined)
    say(["priority"], `must be given with ${scheduler}: a whole number from 1 to 99`);
  if ((scheduler === "batch" || scheduler === "idle") && priority !== undefined)
    say(["priority"], `must be left out with ${scheduler}, which has none`);
}

const schedulerError = 'must be an object, for example { scheduler: "fifo", priority: 1 }';
const scheduler = rules(z.strictObject(schedulerShape, { error: schedulerError }), (given, say) =>
  priorityRule(givenObject(given), say),
);

const vcpuSchedulerError = 'must be an object, for example { vcpus: "2-3", scheduler: "fifo", priority: 1 }';
const vcpuSchedulerEntry = rules(
  z.strictObject({ vcpus: list("vCPU"), ...schedulerShape }, { error: vcpuSchedulerError }),
  (given, say) => priorityRule(givenObject(given), say),
);
const vcpuScheduler = rules(
  z.array(vcpuSchedulerEntry, { error: "must be a list of schedulers, each with its vCPUs" }),
  (given, say) =>
    disjoint(
      givenList(given).map((entry) => setOf(entry["vcpus"])),
      (index, vcpu, first) => say([index, "vcpus"], `holds vCPU ${vcpu}, which entry ${first} holds too`),
    ),
);

const iothreadError = 'must be an object, for example { id: 1, cpus: "0-1" }';
const iothread = z.strictObject(
  {
    id: whole(1, 2 ** 31 - 1, ": libvirt counts I/O threads from 1"),
    cpus: list("CPU").optional(),
    scheduler: scheduler.optional(),
  },
  { error: iothreadError },
);
const iothreads = rules(z.array(iothread, { error: "must be a list of I/O threads" }), (given, say) => {
  const ids = givenList(given).map(({ id }) => (typeof id === "number" ? String(id) : undefined));
  for (const index of repeated(ids)) say([index, "id"], `names I/O thread ${ids[index] ?? ""} a second time`);
});

/** The kernel's limits of a CFS quota, which libvirt has too; -1: no limit. */
const quotaError = "must be a whole number from 1000 to 17592186044415, or -1 for no limit";
const quota = z
  .number({ error: quotaError })
  .refine((value) => value === -1 || (Number.isInteger(value) && value >= 1000 && value <= 17592186044415), {
    error: quotaError,
  });

export const threadShape = {
  vcpus: vcpus.optional(),
  vcpuCpuset: list("CPU").optional(),
  vcpuPins: vcpuPins.optional(),
  emulatorPin: list("CPU").optional(),
  iothreads: iothreads.optional(),
  vcpuScheduler: vcpuScheduler.optional(),
  emulatorScheduler: scheduler.optional(),
  /** Either cgroup version's range: which one the host has the preflight knows. */
  cpuShares: whole(1, 262144).optional(),
  cpuBandwidth: someOf({
    periodMicroseconds: whole(1000, 1_000_000).optional(),
    quotaMicroseconds: quota.optional(),
  }).optional(),
};
