import type { Impact } from "../impact";
import { parseSetting } from "./facts";

/** In what state a domain is when the change is made. */
export interface DomainCondition {
  readonly running: boolean;
  /** The running domain's numatune mode, and the wanted one, are both restrictive. */
  readonly restrictive: boolean;
}

/**
 * What a change costs the guest. libvirt moves threads of a running domain, and adds I/O threads to it; memory it
 * moves only by the cgroup, which is what mode restrictive is (`virsh numatune`: "can't change numatune mode for
 * running domain", "change of nodeset for running domain requires restrictive numa mode"). To a domain that is shut
 * off nothing happens but a new definition.
 */
export function impactOf(setting: string, { running, restrictive }: DomainCondition): Impact {
  const one = parseSetting(setting);
  switch (one.kind) {
    case "vcpuPin":
    case "emulatorPin":
    case "iothread":
      return "live";
    case "numa":
      return !running || (one.attribute === "nodeset" && restrictive) ? "live" : "vm-restart";
  }
}
