/*
 * Documents through libvirt itself: its test driver is in the client's library and needs no daemon and no host. What
 * libvirt has understood of a document must be what we read from it: as it was, edited, and edited back.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { readDomain } from "../../../provider/vm-cpu-placement/domain-xml";
import { encodingOf, isEditable, readDocument, readManifest } from "../../../scripts/corpus/domxml/documents";
import { wantedOf } from "../../../scripts/corpus/domxml/wanted";
import { ensureVirsh } from "../../../scripts/lib/host-tools";
import { makeOwnedFolder, removeOwnedFolder } from "../../../scripts/lib/owned-folder";
import { run } from "../../../scripts/lib/process";
import { ownDocuments } from "../../support/domain-documents";
import { formsOf, judge, toNeighbours, type Form, type Source, type Verdict } from "../../support/edited-forms";
import { defineAll } from "../../support/virsh-batch";

const recorded = resolve(__dirname, "../../../../shared/data/domxml.tar.gz");
const kinds = ["before", "after", "back"] as const;

let folder: string;
beforeAll(async () => {
  await ensureVirsh();
  folder = await makeOwnedFolder("virsh");
}, 300_000);
afterAll(() => removeOwnedFolder(folder));

async function understood(forms: readonly Form[]): Promise<Verdict> {
  for (const { id, xml } of forms) writeFileSync(join(folder, `${id}.xml`), xml, encodingOf(xml));
  // Folders of its own: it finds no daemon's socket, no settings, and leaves nothing behind.
  const home = join(folder, "home");
  mkdirSync(home, { recursive: true });
  const env = { PATH: process.env["PATH"], HOME: home, XDG_RUNTIME_DIR: home, LC_ALL: "C" };
  const argv = ["virsh", "--quiet", "--connect", "test:///default"];
  const result = await defineAll(
    forms.map(({ id }) => id),
    (input) => run({ argv, cwd: folder, env, input, limitSeconds: 120 }),
  );
  // Of libvirt 10.1: what is older drops it.
  return judge(forms, result, ["cpu.topology.clusters"]);
}

test("own documents, in which every managed element is, are understood by libvirt as we read and write them", async () => {
  const cpuModes = ["host-passthrough", "host-model", "maximum"];
  const documents = ownDocuments(120, { type: "test", cpuModes, resctrl: true });
  const sources = toNeighbours(documents, "own document");
  const verdict = await understood(formsOf(sources, { series: "own", kinds }));
  expect(verdict.problems).toEqual([]);
  expect(verdict.refused).toEqual(new Map());
  expect(verdict.taken).toBe(120);
}, 180_000);

const whenRecorded = existsSync(recorded) ? test : test.skip;

whenRecorded(
  `documents of ${recorded} are understood by libvirt as we read and write them`,
  async () => {
    const data = join(folder, "recorded");
    mkdirSync(data);
    execFileSync("tar", ["-xzf", recorded, "-C", data, "--strip-components=1"]);
    const sources = readManifest(data)
      .filter(isEditable)
      .map((one): Source => {
        const xml = readDocument(data, one);
        return { name: one.path, xml, wanted: wantedOf(readDomain(xml)) };
      });
    const verdict = await understood(formsOf(sources, { series: "recorded", kinds }));
    const refused = [...verdict.refused].map(([reason, count]) => `  ${count}: ${reason}`);
    process.stderr.write(
      `libvirt takes ${verdict.taken} of ${sources.length} recorded documents, and not:\n${refused.join("\n")}\n`,
    );
    expect(verdict.problems).toEqual([]);
    expect(verdict.taken).toBeGreaterThanOrEqual(40);
  },
  600_000,
);
