/*
 * Documents through the libvirt of a host and its QEMU driver, which checks and completes more than libvirt's own test
 * driver does: what it has understood of each must be what we read from it, as it was and after an edit of ours.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { readDomain } from "../../provider/vm-cpu-placement/domain-xml";
import { wantedOf } from "../../scripts/corpus/domxml/wanted";
import { makeOwnedFolder, removeOwnedFolder } from "../../scripts/lib/owned-folder";
import { startClone, type TestHost } from "../host/test-host";
import { ownDocuments } from "../support/domain-documents";
import { formsOf, judge, toNeighbours, type Form, type Source } from "../support/edited-forms";
import { recordedForEmulation } from "../support/recorded-documents";
import { defineAll } from "../support/virsh-batch";

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
  const others = recordedSources();
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

/** Those that say most of what we manage. */
const recordedSources = (): readonly Source[] =>
  recordedForEmulation(folder, recordedCount).map(({ name, xml }) => {
    const document = readDomain(xml);
    return { name, xml, wanted: forEmulation(wantedOf(document)) };
  });

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
