/* Where a distribution has its GRUB, what its commands are called, and how the menu is generated. */
import type { DefaultsPlace } from "./defaults-place";

export interface GrubPlace {
  readonly name: string;
  /** With grub.cfg, custom.cfg and grubenv. */
  readonly folder: string;
  /** grub-editenv or grub2-editenv, and so on. */
  readonly prefix: "grub" | "grub2";
  /** The command that generates grub.cfg, as shell text. */
  readonly generate: string;
  /** Its name for people. */
  readonly generator: string;
  readonly defaults: DefaultsPlace;
}
