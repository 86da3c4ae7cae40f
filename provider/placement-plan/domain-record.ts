import { domainsFolder, parseRecord, type DomainRecord } from "../vm-cpu-placement/record";

/** What the host has kept of a domain; undefined: nothing, or it is damaged. */
export function recordOf(text: string | undefined, uuid: string): DomainRecord | undefined {
  if (text === undefined) return undefined;
  try {
    return parseRecord(`${domainsFolder}/${uuid}/placement.json`, text);
  } catch {
    // Whoever places that domain is told.
    return undefined;
  }
}
