// Artefacts that take long to make: each is a folder named by what it is made of, complete or absent.
import { mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { withLock } from "./lock";

export interface Artefact {
  /** Folder under the cache, such as "test-host-image". */
  readonly kind: string;
  /** Version or content hash of everything that the result depends on. */
  readonly key: string;
  /** Fills `folder`, which becomes the artefact when this ends without an error. */
  readonly make: (folder: string) => Promise<void>;
}

const PART = ".part";
const LOCK = ".lock";
/** Artefacts of a kind that stay, and how long others stay that a run may still use. */
const KEPT = 3;
const IN_USE_HOURS = 2;

export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env["KVM_TUNING_CACHE"]) return resolve(env["KVM_TUNING_CACHE"]);
  return join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "pulumi-kvm-tuning");
}

export function contentKey(...parts: readonly (string | Buffer)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest("hex").slice(0, 16);
}

/** Path of the artefact; makes it when it is absent. Two runs at once make it once: the second waits for the first. */
export async function artefact({ kind, key, make }: Artefact): Promise<string> {
  const parent = join(cacheFolder(), kind);
  const folder = join(parent, key);
  if (!existsSync(folder)) {
    await mkdir(parent, { recursive: true });
    await withLock({ file: join(parent, `${key}${LOCK}`), what: `${kind} ${key}` }, async () => {
      if (existsSync(folder)) return;
      // Whoever made a part of it before has died: this process holds the lock.
      const part = join(parent, `${key}${PART}`);
      await rm(part, { recursive: true, force: true });
      await mkdir(part);
      try {
        await make(part);
        await rename(part, folder);
      } catch (error) {
        await rm(part, { recursive: true, force: true });
        throw error;
      }
    });
    await removeUnused(parent);
  }
  await utimes(folder, new Date(), new Date());
  return folder;
}

/** Of all artefacts of one kind, those of older contents that no run has asked for lately. */
async function removeUnused(parent: string): Promise<void> {
  const names = (await readdir(parent)).filter((name) => !name.endsWith(PART) && !name.endsWith(LOCK));
  const used = await Promise.all(names.map(async (name) => ({ name, at: (await stat(join(parent, name))).mtimeMs })));
  const oldest = Date.now() - IN_USE_HOURS * 3600 * 1000;
  const unused = used
    .sort((a, b) => b.at - a.at)
    .slice(KEPT)
    .filter(({ at }) => at < oldest);
  for (const { name } of unused) await rm(join(parent, name), { recursive: true, force: true });
}
