/*
 * Every family of boot loaders on a file tree as such a host has it: the real snapshot, plan and executor with a real
 * sh; GRUB's commands are stand-ins that do in simple code what the real ones do (grub2-mkconfig sources
 * /etc/default/grub and writes one entry a kernel).
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSnapshot } from "../../../provider/host/read-snapshot";
import type { HostSnapshot } from "../../../provider/host/snapshot";
import type { BootArguments } from "../../../provider/host-tuning/boot/boot-arguments";
import { hasArguments, type BootLoader } from "../../../provider/host-tuning/boot/boot-loader";
import { bootLoaderOf } from "../../../provider/host-tuning/boot/boot-loaders";
import { managedKeys } from "../../../provider/host-tuning/boot/managed-keys";
import { entryNames } from "../../../provider/host-tuning/plan-steps";
import { printKernelLine } from "../../../provider/linux/kernel-args";
import { families, writeBootCommands } from "../../support/boot-families";
import { fixtureRoot, smallHost, type FixtureRoot } from "../../support/fixture-root";
import { applySteps } from "../../support/fixture-root/apply";
import { localTransport } from "../../support/local-transport";

const wanted: BootArguments = {
  keys: ["isolcpus", "hugepagesz", "hugepages"],
  arguments: [
    { key: "isolcpus", value: "managed_irq,domain,2-7" },
    { key: "hugepagesz", value: "1G" },
    { key: "hugepages", value: "0:8" },
    { key: "hugepagesz", value: "2M" },
    { key: "hugepages", value: "0:512" },
  ],
};

let tree: FixtureRoot;
let bin = "";
beforeAll(() => {
  bin = mkdtempSync(join(tmpdir(), "boot-families-"));
  writeBootCommands(bin);
});
afterAll(() => rmSync(bin, { recursive: true, force: true }));
afterEach(() => tree.remove());

const transport = () => localTransport({ root: tree.root, bin, env: { EVENTS: join(bin, "events") } });
const read = (): Promise<HostSnapshot> => readSnapshot(transport(), { sysctlKeys: [] });

function loaderOf(snapshot: HostSnapshot): BootLoader {
  const found = bootLoaderOf(snapshot);
  if ("problem" in found) throw new Error(found.problem);
  return found.loader;
}

async function apply(what: BootArguments): Promise<HostSnapshot> {
  const before = await read();
  await applySteps(transport(), loaderOf(before).steps(what, before, entryNames(before.journal)));
  return read();
}

async function undo(): Promise<void> {
  const before = await read();
  await applySteps(transport(), loaderOf(before).undo(before).steps);
}

/** Every file but those of the journal's own folder. */
const state = () => Object.fromEntries(Object.entries(tree.state()).filter(([path]) => !path.startsWith("/var/lib")));

describe.each(families.map((family, index) => [`${index}: ${family.name}`, family] as const))("%s", (_, family) => {
  beforeEach(() => {
    tree = fixtureRoot({ ...smallHost, ...family.tree });
  });

  test("is recognised, gets the arguments at every coming boot, and a second run changes nothing", async () => {
    expect(loaderOf(await read()).name).toBe(family.name);
    const after = await apply(wanted);
    const next = loaderOf(after).nextBoot(after);
    expect([next.line, next.lastingLine].map((line) => hasArguments(line, wanted))).toEqual([true, true]);
    expect(printKernelLine(next.line)).toContain("quiet");
    expect(managedKeys(after)).toEqual(["hugepages", "hugepagesz", "isolcpus"]);
    expect(loaderOf(after).steps(wanted, after, entryNames(after.journal))).toEqual([]);
  });

  test("undo gives every byte back, and the menu its old arguments", async () => {
    const first = await read();
    const line = printKernelLine(loaderOf(first).nextBoot(first).line);
    const before = state();
    await apply(wanted);
    expect(state()).not.toEqual(before);
    await undo();
    // The stand-in writes another menu than the recorded one, and rpm-ostree appends: the words are compared below.
    const generated = /\/grub2?\/grub\.cfg$|^\/deployment$/;
    const rest = (all: Record<string, string>) => Object.entries(all).filter(([path]) => !generated.test(path));
    expect(rest(state())).toEqual(rest(before));
    const last = await read();
    const words = (text: string) => text.split(" ").sort();
    expect(words(printKernelLine(loaderOf(last).nextBoot(last).line)).filter((word) => !/^r[ow]$/.test(word))).toEqual(
      words(line).filter((word) => !/^r[ow]$/.test(word)),
    );
    expect(last.journal).toEqual([]);
  });

  test("a key that the program no longer names gets back what stood there", async () => {
    const first = await read();
    const before = loaderOf(first)
      .nextBoot(first)
      .line.filter(({ key }) => key === "isolcpus");
    await apply(wanted);
    const rest = {
      keys: ["hugepagesz", "hugepages"],
      arguments: wanted.arguments.filter(({ key }) => key !== "isolcpus"),
    };
    const after = await apply(rest);
    const { line } = loaderOf(after).nextBoot(after);
    expect(line.filter(({ key }) => key === "isolcpus").map(({ text }) => text)).toEqual(
      before.map(({ text }) => text),
    );
    expect(hasArguments(line, rest)).toBe(true);
  });

  test("a kernel installed later has them, and loses them with the undo", async () => {
    await apply(wanted);
    family.later(tree);
    const after = await read();
    const { line } = loaderOf(after).nextBoot(after);
    expect(hasArguments(line, wanted)).toBe(true);
    expect(loaderOf(after).steps(wanted, after, entryNames(after.journal))).toEqual([]);
    await undo();
    const last = await read();
    expect(hasArguments(loaderOf(last).nextBoot(last).line, wanted)).toBe(false);
    expect(printKernelLine(loaderOf(last).nextBoot(last).line)).not.toContain("hugepages");
    expect(last.journal).toEqual([]);
  });

  test("what others have written in the meantime stays", async () => {
    await apply(wanted);
    const changed = ["/etc/default/grub", "/etc/kernel/cmdline"].filter((path) => tree.has(path));
    for (const path of changed) tree.write({ [path]: tree.read(path).replace("quiet", "quiet audit=1") });
    await undo();
    for (const path of changed) {
      expect(tree.read(path)).toContain("audit=1");
      expect(tree.read(path)).not.toMatch(/hugepages|kvm-tuning|managed_irq/);
    }
  });
});
