import type { HostSnapshot } from "../../host/snapshot";
import type { BootLoader } from "./boot-loader";
import { debianGrub } from "./debian-grub";

/** Every family that can be changed. One line adds one. */
const families: readonly BootLoader[] = [debianGrub];

/** The host's boot loader, or why its kernel arguments cannot be changed. */
export function bootLoaderOf(snapshot: HostSnapshot): { readonly loader: BootLoader } | { readonly problem: string } {
  const seen: string[] = [];
  for (const loader of families) {
    const found = loader.detect(snapshot);
    if (found.kind === "usable") return { loader };
    if (found.kind === "refused") return { problem: found.reason };
    seen.push(found.seen);
  }
  const known = families.map((family) => family.name).join(", ");
  return { problem: `kernel arguments can be changed on hosts with ${known}; this host: ${seen.join("; ")}` };
}
