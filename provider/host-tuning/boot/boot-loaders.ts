import type { HostSnapshot } from "../../host/snapshot";
import { foreignLoaders } from "../../linux/boot-loader-markers";
import { osName } from "../../linux/os-release";
import { blsGrub } from "./bls-grub";
import type { BootLoader } from "./boot-loader";
import { debianGrub } from "./debian-grub";
import { menuFile } from "./grub-menu";
import { mkconfigGrub, mkconfigGrub2 } from "./mkconfig-grub";
import { ostree } from "./ostree";
import { systemdBoot } from "./systemd-boot";

/**
 * Every family that can be changed. One line adds one. ostree and systemd-boot first: the one has any loader below it, the
 * other refuses a host that has GRUB too.
 */
const families: readonly BootLoader[] = [ostree, systemdBoot, debianGrub, blsGrub, mkconfigGrub2, mkconfigGrub];

/** The host's boot loader, or why its kernel arguments cannot be changed. */
export function bootLoaderOf(snapshot: HostSnapshot): { readonly loader: BootLoader } | { readonly problem: string } {
  const has = (path: string) => snapshot.files.text(path) !== undefined;
  const foreign = foreignLoaders.find(([path]) => has(path));
  if (foreign !== undefined) return { problem: unknown(`${foreign[1]} (${foreign[0]})`) };
  const menus = ["/boot/grub", "/boot/grub2"].map(menuFile).filter(has);
  if (menus.length > 1 && !has("/run/ostree-booted"))
    return {
      problem: `${menus.join(" and ")} are both on this host: which of them GRUB reads cannot be told. Remove the other`,
    };
  for (const loader of families) {
    const found = loader.detect(snapshot);
    if (found.kind === "usable") return { loader };
    if (found.kind === "refused") return { problem: found.reason };
  }
  return { problem: unknown(`${osName(snapshot.files.text("/etc/os-release"))}, with nothing of these`) };
}

const unknown = (seen: string): string =>
  `kernel arguments can be changed on hosts with ${families.map(({ name }) => name).join("; ")}. This host: ${seen}`;
