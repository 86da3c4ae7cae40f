/* Each VM's key in the map: letters, which stand in every cell, and which no eye takes for another's. */
import type { AllocationMap, MapHost, MapVm } from "./model";

export interface KeyedVm {
  readonly host: MapHost;
  readonly vm: MapVm;
  /** A, B, ..., Z, AA, AB, ... */
  readonly key: string;
  /** From 0, in the order of the keys. */
  readonly index: number;
}

export interface Keys {
  /** By name of VM, then of host. */
  readonly all: readonly KeyedVm[];
  /** Undefined: a name that is no VM of the host. */
  of(host: MapHost, vm: string): KeyedVm | undefined;
}

export function keysOf({ hosts }: AllocationMap): Keys {
  const all = hosts
    .flatMap((host) => host.vms.map((vm) => ({ host, vm })))
    .sort((one, other) => compareTexts(one.vm.name, other.vm.name) || compareTexts(one.host.name, other.host.name))
    .map((pair, index): KeyedVm => ({ ...pair, key: letters(index), index }));
  const byHost = new Map(hosts.map((host) => [host, new Map<string, KeyedVm>()]));
  for (const keyed of all) byHost.get(keyed.host)?.set(keyed.vm.name, keyed);
  return { all, of: (host, vm) => byHost.get(host)?.get(vm) };
}

/** By code unit, numbers in them by value: "kvm-2" before "kvm-10". The same everywhere, unlike a locale's order. */
export function compareTexts(one: string, other: string): number {
  const [left, right] = [one, other].map((text) => text.match(/\d{1,15}|\D+|\d+/g) ?? []);
  for (let index = 0; index < Math.max(left?.length ?? 0, right?.length ?? 0); index += 1) {
    const [a = "", b = ""] = [left?.[index], right?.[index]];
    if (a === b) continue;
    const numbers = /^\d+$/.test(a) && /^\d+$/.test(b) ? Number(a) - Number(b) : 0;
    return numbers === 0 ? (a < b ? -1 : 1) : numbers;
  }
  return 0;
}

function letters(index: number): string {
  const last = String.fromCharCode("A".charCodeAt(0) + (index % 26));
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last;
}
