/* /proc/mounts: `device folder type options 0 0`; blanks in names are octal escapes. Source: fstab(5), proc(5). */
export interface Mount {
  readonly device: string;
  readonly folder: string;
  readonly type: string;
}

/** The file system that holds `path`: the longest folder, and of two at one folder the later. */
export function mountOf(path: string, text: string): Mount | undefined {
  return parseMounts(text)
    .filter(({ folder }) => folder === "/" || path === folder || path.startsWith(`${folder}/`))
    .reduce<Mount | undefined>(
      (best, one) => (best === undefined || one.folder.length >= best.folder.length ? one : best),
      undefined,
    );
}

export function parseMounts(text: string): readonly Mount[] {
  return text.split("\n").flatMap((line) => {
    const [device, folder, type] = line.split(" ").map(unescape);
    return device === undefined || folder === undefined || type === undefined ? [] : [{ device, folder, type }];
  });
}

const unescape = (word: string): string =>
  word.replaceAll(/\\([0-7]{3})/g, (_all, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
