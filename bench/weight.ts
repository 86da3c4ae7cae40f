/* npm run bench:weight: what the package weighs, and how long a process needs to load it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { mustRun } from "../scripts/lib/process";
import { installedPackage } from "../test/e2e/support/package";
import { record } from "./record";
import { summary, timed, type Summary } from "./statistics";
import { weightTable } from "./tables";

const root = join(__dirname, "..");
const times = 15;

export async function main(): Promise<number> {
  const installed = await installedPackage();
  const packed = await packedSize(join(installed, "node_modules/pulumi-kvm-tuning"));
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    dependencies: Readonly<Record<string, string>>;
  };
  const names = Object.keys(dependencies);
  const kilobytes: Record<string, number> = {};
  for (const name of names) kilobytes[name] = await folderKiB(join(installed, "node_modules", name));
  const loads = await loadTimes(installed);
  const above = loads.loaded.median - loads.bare.median;
  const result = { packed, dependenciesKiB: kilobytes, milliseconds: { ...loads, requireMedian: above } };
  process.stdout.write(`\n${weightTable(result)}\n`);
  record("weight", result);
  return 0;
}

async function packedSize(cwd: string): Promise<{ readonly size: number; readonly unpackedSize: number }> {
  const argv = ["npm", "pack", "--dry-run", "--json", "--ignore-scripts"];
  const { stdout } = await mustRun({ argv, cwd, limitSeconds: 120 });
  const [{ size, unpackedSize }] = JSON.parse(stdout) as [{ size: number; unpackedSize: number }];
  return { size, unpackedSize };
}

async function folderKiB(folder: string): Promise<number> {
  const { stdout } = await mustRun({ argv: ["du", "-sk", folder], limitSeconds: 60 });
  return Number.parseInt(stdout, 10);
}

/** In turns, so that what else the machine does falls on both. */
async function loadTimes(installed: string): Promise<{ readonly bare: Summary; readonly loaded: Summary }> {
  const bare: number[] = [];
  const loaded: number[] = [];
  const millisecondsOf = async (script: string): Promise<number> => {
    const node = { argv: [process.execPath, "-e", script], cwd: installed, limitSeconds: 60 };
    return 1000 * (await timed(() => mustRun(node))).seconds;
  };
  for (let time = 0; time < times; time += 1) {
    bare.push(await millisecondsOf("0"));
    loaded.push(await millisecondsOf('require("pulumi-kvm-tuning/provider").v1.hostTuning'));
  }
  return { bare: summary(bare), loaded: summary(loaded) };
}
