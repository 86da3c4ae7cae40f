import { CpuSet } from "../../linux/cpu-set";
import { parseSetting } from "../facts";
import type { EditRequest, ElementEdit, Step } from "./element-edit";
import { childrenOf, numbersIn } from "./parts";
import { named } from "./steps";
import type { XmlElement } from "./tree";

/**
 * Schedulers of threads. One element may be for several threads (`vcpus='0-3'`): it keeps those that do not change, and
 * the others get one each, as libvirt itself writes them.
 */
export function schedulerEdits(request: EditRequest): readonly ElementEdit[] {
  const vcpus = new Map<number, string | null>();
  const iothreads = new Map<number, string | null>();
  const emulator: ElementEdit[] = [];
  for (const [setting, value] of request.changes) {
    const one = parseSetting(setting);
    if (one.kind === "vcpuScheduler") vcpus.set(one.vcpu, value);
    if (one.kind === "iothreadScheduler") iothreads.set(one.id, value);
    if (setting === "emulatorScheduler")
      emulator.push({ path: named("cputune", "emulatorsched"), attributes: schedulerAttributes(value) });
  }
  return [
    ...threadSchedulers(request.domain, { name: "vcpusched", attribute: "vcpus", wanted: vcpus }),
    ...threadSchedulers(request.domain, { name: "iothreadsched", attribute: "iothreads", wanted: iothreads }),
    ...emulator,
  ];
}

interface Threads {
  readonly name: string;
  readonly attribute: string;
  readonly wanted: ReadonlyMap<number, string | null>;
}

function threadSchedulers(domain: XmlElement, threads: Threads): readonly ElementEdit[] {
  const { name, attribute, wanted } = threads;
  const elements = childrenOf(domain, "cputune", name);
  const reused = new Set<number>();
  const changed = elements.flatMap((element): readonly ElementEdit[] => {
    const numbers = numbersIn(element, attribute);
    const leaving = numbers.filter((number) => wanted.has(number));
    const [only] = leaving;
    if (only === undefined) return [];
    const path = [...named("cputune"), exactly(name, attribute, element)];
    const value = wanted.get(only) ?? null;
    if (numbers.length === 1 && value !== null) {
      reused.add(only);
      return [{ path, attributes: schedulerAttributes(value) }];
    }
    const rest = CpuSet.from(numbers.filter((number) => !leaving.includes(number)));
    return [rest.isEmpty ? { path, remove: true } : { path, attributes: new Map([[attribute, rest.toString()]]) }];
  });
  const added = [...wanted].flatMap(([number, value]): readonly ElementEdit[] => {
    if (value === null || reused.has(number)) return [];
    const keys = new Map([[attribute, String(number)]]);
    const path = [...named("cputune"), { name, keys, is: () => false }];
    return [{ path, attributes: schedulerAttributes(value) }];
  });
  return [...changed, ...added];
}

/** The element itself; its text as it stands tells it from the others in the tree of edits. */
function exactly(name: string, attribute: string, element: XmlElement): Step {
  const keys = new Map([[attribute, `${element.attributes.get(attribute) ?? ""}@${element.start}`]]);
  return { name, keys, is: (one) => one === element };
}

/** `fifo 1` as attributes; null: none. */
function schedulerAttributes(value: string | null): ReadonlyMap<string, string | null> {
  const [scheduler = null, priority = null] = value?.split(" ") ?? [];
  return new Map([
    ["scheduler", scheduler],
    ["priority", priority],
  ]);
}
