/* Recorded domain documents, where their archive is there, for a host that emulates: without devices, and as QEMU's own. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { readDomain } from "../../provider/vm-cpu-placement/domain-xml";
import { removal, spliced } from "../../provider/vm-cpu-placement/domain-xml/splice";
import { childrenNamed, parseDomainTree } from "../../provider/vm-cpu-placement/domain-xml/tree";
import { isEditable, readDocument, readManifest } from "../../scripts/corpus/domxml/documents";

const archive = resolve(__dirname, "../../../shared/data/domxml.tar.gz");

/** Those that say most of what we manage; none where there is no archive. Unpacked into `folder`. */
export function recordedForEmulation(
  folder: string,
  count: number,
): readonly { readonly name: string; readonly xml: string }[] {
  if (!existsSync(archive)) return [];
  const data = join(folder, "recorded");
  mkdirSync(data);
  execFileSync("tar", ["-xzf", archive, "-C", data, "--strip-components=1"]);
  return readManifest(data)
    .filter(isEditable)
    .map((one) => ({ name: one.path, xml: readDocument(data, one) }))
    .filter(({ xml }) => isForEmulation(xml))
    .map(({ name, xml }) => ({ name, xml: emulated(xml) }))
    .map((one) => ({ ...one, size: readDomain(one.xml).facts.size }))
    .toSorted((one, other) => other.size - one.size)
    .slice(0, count);
}

/** Under emulation there is no CPU of the host's to pass on, and QEMU here is of one architecture. */
function isForEmulation(xml: string): boolean {
  const { type, arch, facts } = readDomain(xml);
  if ([...facts.keys()].some((setting) => /^(cacheTune|memoryTune)/.test(setting))) return false;
  const passedOn = facts.get("cpu.mode") === "host-passthrough" || facts.get("cpu.cache")?.startsWith("pass") === true;
  return (type === "kvm" || type === "qemu") && arch === "x86_64" && !passedOn;
}

function emulated(xml: string): string {
  const domain = parseDomainTree(xml);
  const types = childrenNamed(domain, "os").flatMap((os) => childrenNamed(os, "type"));
  const machine = { name: "machine", pattern: /\smachine\s*=\s*("[^"]*"|'[^']*')/ };
  const plain = spliced(xml, [
    ...childrenNamed(domain, "devices").map((devices) => removal(xml, devices)),
    ...types.flatMap(({ start, contentStart }) => {
      const found = machine.pattern.exec(xml.slice(start, contentStart));
      return found === null
        ? []
        : [{ start: start + found.index, end: start + found.index + found[0].length, text: "" }];
    }),
  ]);
  return plain.replace(/(<domain\b[^>]*\stype\s*=\s*["'])kvm\b/, "$1qemu");
}
