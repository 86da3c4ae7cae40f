/* Where our arguments stand among what grub-mkconfig sources: in a file of our own, or in a block of the only one. */
import type { HostSnapshot } from "../../host/snapshot";
import type { ShellFile } from "../../linux/shell-assignments";
import type { BootArguments } from "./boot-arguments";
import { defaultsFile, withBlock, withoutBlock } from "./defaults-block";
import { grubFragment, grubFragmentFile } from "./grub-fragment";

export interface DefaultsPlace {
  /** The file that is written. */
  readonly path: string;
  /** Shell that takes ours out of the file $file, for when generating the menu fails. */
  readonly takeOut: string;
  /** The whole file with these arguments. */
  content(wanted: BootArguments, snapshot: HostSnapshot): string;
  /** The whole file with nothing of ours that does something. */
  neutral(snapshot: HostSnapshot): string;
  /** Nothing of ours is in force. */
  isFresh(snapshot: HostSnapshot): boolean;
  /** What grub-mkconfig sources, in that order, without ours. */
  others(snapshot: HostSnapshot): readonly ShellFile[];
  /** Of these the files that are sourced after ours. */
  isLater(path: string): boolean;
}

const textOf = (path: string, snapshot: HostSnapshot): string => snapshot.files.text(path) ?? "";

const dropInFolder = "/etc/default/grub.d/";

/** Debian and Ubuntu: a file of /etc/default/grub.d that sorts last. */
export const dropIn: DefaultsPlace = {
  path: grubFragmentFile,
  takeOut: 'rm -f "$file"',
  content: grubFragment,
  neutral: () => grubFragment({ keys: [], arguments: [] }),
  isFresh: (snapshot) => snapshot.files.text(grubFragmentFile) === undefined,
  others: (snapshot) => {
    const parts = snapshot.files
      .paths(dropInFolder)
      .filter((path) => /^[^./][^/]*\.cfg$/.test(path.slice(dropInFolder.length)) && path !== grubFragmentFile);
    const whole = snapshot.files.text(defaultsFile) === undefined ? [] : [defaultsFile];
    return [...whole, ...parts].map((path) => ({ path, text: textOf(path, snapshot) }));
  },
  isLater: (path) => path > grubFragmentFile && path.startsWith(dropInFolder),
};

/** All others: a block at the end of /etc/default/grub. A snapshot does not tell whether its last line has an end. */
export const blockInDefaults: DefaultsPlace = {
  path: defaultsFile,
  takeOut:
    `sed '/^### BEGIN pulumi-kvm-tuning/,/^### END pulumi-kvm-tuning$/d' "$file" > "$file.kvm-tuning" && ` +
    `chmod --reference="$file" "$file.kvm-tuning" && mv -f "$file.kvm-tuning" "$file"`,
  content: (wanted, snapshot) => withBlock(ended(textOf(defaultsFile, snapshot)), wanted),
  neutral: (snapshot) => withoutBlock(ended(textOf(defaultsFile, snapshot))),
  isFresh: (snapshot) => withoutBlock(ended(textOf(defaultsFile, snapshot))) === ended(textOf(defaultsFile, snapshot)),
  others: (snapshot) => {
    const text = snapshot.files.text(defaultsFile);
    return text === undefined ? [] : [{ path: defaultsFile, text: withoutBlock(ended(text)) }];
  },
  isLater: () => false,
};

const ended = (text: string): string => (text === "" ? "" : `${text}\n`);
