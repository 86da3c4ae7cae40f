/** `hugepages=0:20,1:10`: since Linux 5.16 (Documentation/admin-guide/kernel-parameters.txt, hugepages=). */
export function supportsPerNodeHugepages(release: string): boolean {
  return isAtLeast(release, [5, 16]);
}

/** Of `uname -r` or the text of /proc/version; a text that names no version is old. */
export function isAtLeast(release: string, [major, minor]: readonly [number, number]): boolean {
  const found = /^(?:Linux version )?(\d+)\.(\d+)/.exec(release.trim());
  if (found === null) return false;
  const [have, haveMinor] = [Number(found[1]), Number(found[2])];
  return have > major || (have === major && haveMinor >= minor);
}
