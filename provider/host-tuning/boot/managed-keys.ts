/* Which kernel arguments and which of the boot loader's files are ours, whatever loader it is. */
import type { HostSnapshot } from "../../host/snapshot";
import { memoFile, readMemo } from "./arguments-memo";
import { blockKeys, defaultsFile } from "./defaults-block";
import { fragmentKeys, grubFragmentFile } from "./grub-fragment";

/** Keys that an earlier run took over, in canonical spelling. */
export function managedKeys(snapshot: HostSnapshot): readonly string[] {
  const text = (path: string) => snapshot.files.text(path);
  const all = [
    ...fragmentKeys(text(grubFragmentFile) ?? ""),
    ...blockKeys(`${text(defaultsFile) ?? ""}\n`),
    ...(readMemo(text(memoFile))?.keys ?? []),
  ];
  return [...new Set(all)];
}

/** Entry of systemd-boot that holds the line from before. */
export const backupId = "kvm-tuning-backup";

export const kernelCommandFile = "/etc/kernel/cmdline";

/** A boot loader's file comes back in its own way: what is generated from it must follow. */
export const isBootLoaders = (path: string): boolean =>
  [grubFragmentFile, defaultsFile, memoFile, kernelCommandFile].includes(path) ||
  /^\/(?:boot|boot\/efi|efi)\/loader\/entries\/[^/]+$/.test(path);
