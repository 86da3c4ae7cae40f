import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { mkdir, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { artefact } from "../../../scripts/lib/cache";

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "cache-test-"));
  process.env["KVM_TUNING_CACHE"] = cache;
});
afterEach(() => {
  delete process.env["KVM_TUNING_CACHE"];
  rmSync(cache, { recursive: true, force: true });
});

const maker = (calls: string[], text: string) => async (folder: string) => {
  calls.push(text);
  await sleep(100);
  await writeFile(join(folder, "result"), text);
};

test("two that want the same artefact at once make it once and both get it", async () => {
  const calls: string[] = [];
  const wanted = ["first", "second"].map((text) => artefact({ kind: "k", key: "v1", make: maker(calls, text) }));
  const folders = await Promise.all(wanted);
  expect(folders).toEqual([join(cache, "k", "v1"), join(cache, "k", "v1")]);
  expect(calls).toHaveLength(1);
  expect(readFileSync(join(cache, "k", "v1", "result"), "utf8")).toBe(calls[0]);
});

test("what fails leaves nothing, and the next run makes it", async () => {
  const fails = async (folder: string) => {
    await writeFile(join(folder, "half"), "");
    throw new Error("no space left");
  };
  await expect(artefact({ kind: "k", key: "v1", make: fails })).rejects.toThrow("no space left");
  expect(readdirSync(join(cache, "k"))).toEqual(["v1.lock"]);
  await artefact({ kind: "k", key: "v1", make: maker([], "whole") });
  expect(readdirSync(join(cache, "k", "v1"))).toEqual(["result"]);
});

test("a killed run's half-made artefact and lock file do not stand in the way", async () => {
  await mkdir(join(cache, "k", "v1.part"), { recursive: true });
  await writeFile(join(cache, "k", "v1.part", "half"), "");
  await writeFile(join(cache, "k", "v1.lock"), "99999");
  await artefact({ kind: "k", key: "v1", make: maker([], "whole") });
  expect(readdirSync(join(cache, "k", "v1"))).toEqual(["result"]);
  expect(existsSync(join(cache, "k", "v1.part"))).toBe(false);
});

test("older contents are removed once three newer ones exist and nobody has asked for them for hours", async () => {
  const yesterday = new Date(Date.now() - 24 * 3600 * 1000);
  for (const key of ["a", "b"]) {
    await artefact({ kind: "k", key, make: maker([], key) });
    await utimes(join(cache, "k", key), yesterday, yesterday);
  }
  for (const key of ["c", "d", "e"]) await artefact({ kind: "k", key, make: maker([], key) });
  expect(readdirSync(join(cache, "k")).filter((name) => !name.endsWith(".lock"))).toEqual(["c", "d", "e"]);
});
