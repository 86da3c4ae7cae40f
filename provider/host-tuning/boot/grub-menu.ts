/* GRUB's menu as the host has it: grub.cfg, grubenv and custom.cfg together. */
import type { HostSnapshot } from "../../host/snapshot";
import { readGrubMenu, type GrubMenu } from "../../linux/grub-config";
import { parseGrubEnvironment } from "../../linux/grub-environment";

export const grubMenuFile = "/boot/grub/grub.cfg";
export const customMenuFile = "/boot/grub/custom.cfg";
export const grubEnvironmentFile = "/boot/grub/grubenv";

/** Throws GrubScriptError when grub.cfg is no script. */
export const readMenu = (snapshot: HostSnapshot): GrubMenu => menuWith(snapshot.files.text(customMenuFile), snapshot);

/** With another custom.cfg. */
export function menuWith(custom: string | undefined, snapshot: HostSnapshot): GrubMenu {
  return readGrubMenu({
    config: snapshot.files.text(grubMenuFile) ?? "",
    environment: parseGrubEnvironment(snapshot.files.text(grubEnvironmentFile) ?? ""),
    custom,
  });
}
