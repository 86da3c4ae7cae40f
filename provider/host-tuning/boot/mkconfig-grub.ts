/*
 * GRUB whose menu grub-mkconfig writes, on all but Debian: SUSE and RHEL without entries of the Boot Loader Specification
 * (/boot/grub2, grub2-mkconfig), Arch and others (/boot/grub, grub-mkconfig). They read /etc/default/grub alone: ours is
 * a block at its end (defaults-block.ts).
 */
import type { HostSnapshot } from "../../host/snapshot";
import { osName, osWords } from "../../linux/os-release";
import { mountOf } from "../../linux/mounts";
import { readsEntries } from "./bls-menu";
import type { BootLoader, Detection } from "./boot-loader";
import { defaultsFile } from "./defaults-block";
import { blockInDefaults } from "./defaults-place";
import { checkMenu, generatedGrub } from "./generated-grub";
import { menuFile } from "./grub-menu";
import type { GrubPlace } from "./grub-place";

const grub2: GrubPlace = {
  name: "GRUB with grub2-mkconfig (SUSE, RHEL)",
  folder: "/boot/grub2",
  prefix: "grub2",
  generate: 'grub2-mkconfig -o "$cfg"',
  generator: "grub2-mkconfig",
  defaults: blockInDefaults,
};

const grub: GrubPlace = {
  name: "GRUB with grub-mkconfig (Arch and others)",
  folder: "/boot/grub",
  prefix: "grub",
  generate: 'grub-mkconfig -o "$cfg"',
  generator: "grub-mkconfig",
  defaults: blockInDefaults,
};

const family = (place: GrubPlace): BootLoader => generatedGrub(place, (snapshot) => detect(place, snapshot));

export const mkconfigGrub2 = family(grub2);
export const mkconfigGrub = family(grub);

function detect(place: GrubPlace, snapshot: HostSnapshot): Detection {
  const words = osWords(snapshot.files.text("/etc/os-release"));
  const file = menuFile(place.folder);
  if (words.includes("debian") || words.includes("ubuntu")) return { kind: "other" };
  if (snapshot.files.text(file) === undefined || readsEntries(snapshot)) return { kind: "other" };
  const reason = refusal(snapshot);
  return reason === undefined ? checkMenu(place, snapshot) : { kind: "refused", reason };
}

function refusal(snapshot: HostSnapshot): string | undefined {
  const os = snapshot.files.text("/etc/os-release");
  if (snapshot.files.text("/usr/sbin/transactional-update") !== undefined) {
    const root = mountOf("/", snapshot.files.text("/proc/mounts") ?? "");
    return `${osName(os)} has a read-only system (transactional-update${root === undefined ? "" : `, / is ${root.type}`}): its kernel arguments are changed in a snapshot of it, with transactional-update`;
  }
  return snapshot.files.text(defaultsFile) === undefined
    ? `${defaultsFile} is missing: the arguments of the menu come from somewhere else`
    : undefined;
}
