/* GRUB's menu as the host has it: grub.cfg, grubenv and custom.cfg together. */
import type { HostSnapshot } from "../../host/snapshot";
import { readGrubMenu, type GrubMenu } from "../../linux/grub-config";
import { parseGrubEnvironment } from "../../linux/grub-environment";

export const menuFile = (folder: string): string => `${folder}/grub.cfg`;
export const customMenuFile = (folder: string): string => `${folder}/custom.cfg`;
export const environmentFile = (folder: string): string => `${folder}/grubenv`;

/** Throws GrubScriptError when grub.cfg is no script. */
export const readMenu = (folder: string, snapshot: HostSnapshot): GrubMenu =>
  menuWith(snapshot.files.text(customMenuFile(folder)), folder, snapshot);

/** With another custom.cfg. */
export function menuWith(custom: string | undefined, folder: string, snapshot: HostSnapshot): GrubMenu {
  return readGrubMenu({
    config: snapshot.files.text(menuFile(folder)) ?? "",
    environment: parseGrubEnvironment(snapshot.files.text(environmentFile(folder)) ?? ""),
    custom,
  });
}
