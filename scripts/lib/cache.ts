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
const UNUSED_DAYS = 30;

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
    await withLock({ file: join(parent, `${key}.lock`), what: `${kind} ${key}` }, async () => {
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
    await removeUnused(parent, key);
  }
  await utimes(folder, new Date(), new Date());
  return folder;
}

/** Older keys that no run has asked for in a month. */
async function removeUnused(parent: string, key: string): Promise<void> {
  const oldest = Date.now() - UNUSED_DAYS * 24 * 3600 * 1000;
  for (const name of await readdir(parent)) {
    const path = join(parent, name);
    if (name.startsWith(key) || (await stat(path)).mtimeMs > oldest) continue;
    await rm(path, { recursive: true, force: true });
  }
}
