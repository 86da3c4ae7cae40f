/* What a cell's threads cost at least, wherever they are: what a plan has beyond that is what counts. */
import { leastIn, type OwnCoreCost } from "./core-cost";
import type { CoreMemo } from "./core-memo";
import { isForVm } from "./option-nodes";
import type { Item, Shape, Vm } from "./problem";

const nothing: OwnCoreCost = { broken: 0, llc: 0 };

export function leastOfShape(memo: CoreMemo, { cells }: Shape): OwnCoreCost {
  let sum = nothing;
  for (const { item } of cells) {
    if (item === undefined) continue;
    const { broken, llc } = leastOf(memo, item.vm, item);
    sum = { broken: sum.broken + broken, llc: sum.llc + llc };
  }
  return sum;
}

/** Of any bin of any host that the VM may be on. */
function leastOf(memo: CoreMemo, vm: Vm, item: Item): OwnCoreCost {
  const { partition, coreKind, allowedNodes } = vm.spec;
  const known = memo.leasts.get(vm.allowed) ?? new Map<string, OwnCoreCost>();
  memo.leasts.set(vm.allowed, known);
  const key = [
    item.kind,
    item.count,
    item.leastThreads,
    partition ?? "",
    coreKind ?? "",
    allowedNodes?.join() ?? "any",
  ].join(" ");
  const found = known.get(key) ?? search(vm, item);
  known.set(key, found);
  return found;
}

function search(vm: Vm, item: Item): OwnCoreCost {
  const seen = new Set<string>();
  let broken = Infinity;
  let llc = Infinity;
  for (const host of vm.allowed) {
    for (const bin of host.bins) {
      if (!isForVm(vm, bin) || (vm.spec.coreKind ?? bin.kind) !== bin.kind || seen.has(bin.structure)) continue;
      seen.add(bin.structure);
      const alone = leastIn(bin, item);
      broken = Math.min(broken, alone?.broken ?? Infinity);
      llc = Math.min(llc, alone?.llc ?? Infinity);
    }
  }
  return broken === Infinity ? nothing : { broken, llc };
}
