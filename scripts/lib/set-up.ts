import { ensureTemplate } from "../../test/host/template";
import { cacheFolder } from "./cache";
import { ensureHostTools } from "./host-tools";
import { elapsed } from "./progress";
import { ensurePulumiCli } from "./pulumi-cli";

/** Everything that end-to-end tests and the demo need; seconds when nothing is missing. */
export async function setUp(): Promise<void> {
  await ensureHostTools();
  await ensurePulumiCli();
  await ensureTemplate();
}

export async function main(): Promise<number> {
  const started = Date.now();
  await setUp();
  process.stderr.write(`set up in ${elapsed(Date.now() - started)}; kept in ${cacheFolder()}\n`);
  return 0;
}
