/*
 * What the policies ask of a resource's arguments: plain functions, so that they can be tested and reused. Each gives the
 * reasons why not. `impact` and `plan` are arguments too: the provider computes them before the engine shows a preview.
 */

export type Props = Readonly<Record<string, unknown>>;

export const hostTuning = "pulumi-nodejs:dynamic/kvm-tuning:HostTuning";
export const placement = "pulumi-nodejs:dynamic/kvm-tuning:VmCpuPlacement";

const record = (value: unknown): Props => (typeof value === "object" && value !== null ? (value as Props) : {});

/** "0-2,5" → 0, 1, 2, 5; `^1` takes one out again, as libvirt has it. */
export function cpuList(text: string): ReadonlySet<number> {
  const cpus = new Set<number>();
  for (const part of text.split(",").map((one) => one.trim())) {
    const [, out = "", first = "", last = first] = /^(\^?)(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    for (let cpu = Number(first); first !== "" && cpu <= Number(last); cpu++)
      if (out === "") cpus.add(cpu);
      else cpus.delete(cpu);
  }
  return cpus;
}

/** On a protected stack no run reboots a host or restarts a domain. */
export function disruption({ impact }: Props, allowed: readonly string[]): readonly string[] {
  return typeof impact === "string" && !allowed.includes(impact)
    ? [
        `this change costs ${impact}, and this stack allows ${allowed.join(", ")}: apply it in a window, from another stack`,
      ]
    : [];
}

/** Some CPUs stay with the host's own work. */
export function housekeeping({ isolation }: Props, kept: string): readonly string[] {
  const { cpus } = record(isolation);
  if (typeof cpus !== "string") return [];
  const keep = cpuList(kept);
  const taken = [...cpuList(cpus)].filter((cpu) => keep.has(cpu));
  return taken.length === 0 ? [] : [`isolation.cpus takes CPU ${taken.join(", ")}: ${kept} stay with the host`];
}

export interface Placed {
  readonly name: string;
  readonly type: string;
  readonly props: Props;
}

/** Between isolated CPUs the kernel moves nothing: several vCPUs with the same set pile up on one of them. */
export function widePins(resources: readonly Placed[]): readonly string[] {
  const isolated = new Map<unknown, ReadonlySet<number>>();
  for (const { type, props } of resources) {
    const { mode, partition, domain, cpus } = record(props["isolation"]);
    const unbalanced = mode === "partition" ? partition === "isolated" : domain !== false;
    if (type === hostTuning && typeof cpus === "string" && unbalanced)
      isolated.set(record(props["connection"])["host"], cpuList(cpus));
  }
  return resources
    .filter(({ type }) => type === placement)
    .flatMap(({ name, props }) => {
      const here = isolated.get(record(props["connection"])["host"]);
      const pins = Object.entries(record(props["vcpuPins"]));
      const wide = pins.filter(([, cpus]) => {
        const set = typeof cpus === "string" ? [...cpuList(cpus)] : [];
        return set.length > 1 && set.some((cpu) => here?.has(cpu));
      });
      return wide.map(
        ([vcpu, cpus]) => `${name}: vCPU ${vcpu} has several isolated CPUs (${String(cpus)}): give it one`,
      );
    });
}

/** Locked memory without a limit may lock all of the host's. */
export function lockedMemory({ memoryBacking }: Props): readonly string[] {
  const { locked, hardLimitMiB } = record(memoryBacking);
  return locked === true && hardLimitMiB === undefined
    ? ["memoryBacking.locked: give hardLimitMiB too, so that the limit is in the program"]
    : [];
}
