/*
 * Documents through the libvirt of a host and its QEMU driver, which checks and completes more than libvirt's own test
 * driver does: what it has understood of each must be what we read from it, as it was and after an edit of ours.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { readDomain } from "../../provider/vm-cpu-placement/domain-xml";
import { removal, spliced } from "../../provider/vm-cpu-placement/domain-xml/splice";
import { childrenNamed, parseDomainTree } from "../../provider/vm-cpu-placement/domain-xml/tree";
import { isEditable, readDocument, readManifest } from "../../scripts/corpus/domxml/documents";
import { wantedOf } from "../../scripts/corpus/domxml/wanted";
import { makeOwnedFolder, removeOwnedFolder } from "../../scripts/lib/owned-folder";
import { startClone, type TestHost } from "../host/test-host";
import { ownDocuments } from "../support/domain-documents";
import { formsOf, judge, toNeighbours, type Form, type Source } from "../support/edited-forms";
import { defineAll } from "../support/virsh-batch";

const recorded = resolve(__dirname, "../../../shared/data/domxml.tar.gz");
const kinds = ["before", "after", "back"] as const;
/** A define takes some tenths of a second on an emulated host. */
const [ownCount, recordedCount] = [60, 60];
const hypervisor = { type: "qemu", cpuModes: ["host-model", "maximum"], resctrl: false } as const;

let host: TestHost;
let folder: string;
beforeAll(async () => {
  folder = await makeOwnedFolder("documents");
  host = await startClone({ name: "kvm-01" });
}, 300_000);
afterAll(async () => {
  await host.stop();
  await removeOwnedFolder(folder);
}, 60_000);

test("what a host's libvirt understands of documents is what we read from them and write into them", async () => {
  const own = toNeighbours(ownDocuments(ownCount, hypervisor), "own document");
  const others = existsSync(recorded) ? recordedSources() : [];
  const forms = [...formsOf(own, { series: "own", kinds }), ...formsOf(others, { series: "recorded", kinds })];
  await send(forms);
  const result = await defineAll(
    forms.map(({ id }) => id),
    (input) =>
      host.ssh("cd /root/documents && LC_ALL=C virsh --quiet --connect qemu:///system", { input, limitSeconds: 900 }),
  );
  // Of libvirt 10.1: what is older drops it.
  const verdict = judge(forms, result, ["cpu.topology.clusters"]);
  const refused = [...verdict.refused].map(([reason, count]) => `  ${count}: ${reason}\n`);
  process.stderr.write(
    `libvirt takes ${verdict.taken} of ${own.length + others.length} documents\n${refused.join("")}`,
  );
  expect(verdict.problems).toEqual([]);
  expect(verdict.taken).toBeGreaterThanOrEqual(ownCount);
}, 1_200_000);

/** Those that say most of what we manage, for an emulated machine without devices. */
function recordedSources(): readonly Source[] {
  const data = join(folder, "recorded");
  mkdirSync(data);
  execFileSync("tar", ["-xzf", recorded, "-C", data, "--strip-components=1"]);
  return readManifest(data)
    .filter(isEditable)
    .map((one) => ({ name: one.path, xml: readDocument(data, one) }))
    .filter(({ xml }) => isForEmulation(xml))
    .map(({ name, xml }) => ({ name, document: readDomain(emulated(xml)), xml: emulated(xml) }))
    .toSorted((one, other) => other.document.facts.size - one.document.facts.size)
    .slice(0, recordedCount)
    .map(({ name, document, xml }) => ({ name, xml, wanted: forEmulation(wantedOf(document)) }));
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

/** libvirt: "cachetune is only supported for KVM domains"; the CPU stays what it is. */
function forEmulation(wanted: Source["wanted"]): Source["wanted"] {
  return new Map([...wanted].filter(([setting]) => !/^(cpu\.(?!topology)|cacheTune|memoryTune)/.test(setting)));
}

async function send(forms: readonly Form[]): Promise<void> {
  const files = join(folder, "files");
  mkdirSync(files);
  for (const { id, xml } of forms) writeFileSync(join(files, `${id}.xml`), xml);
  const archive = execFileSync("tar", ["-cz", "-C", files, "."], { maxBuffer: 64 * 1024 * 1024 });
  const unpack = "mkdir -p /root/documents && base64 -d | tar -xz -C /root/documents";
  await host.output(unpack, { input: archive.toString("base64") });
}
