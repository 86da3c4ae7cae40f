import { migrationOf, type Migration } from "../../provider/inspect/migration";
import type { Reading } from "../reading";
import type { Terminal } from "../terminal";
import { verifyText } from "./verify";

interface Move {
  readonly from: Reading;
  readonly to: Reading;
  readonly domain: string;
}

/** Exit code 1: it does not fit. */
export async function migrateCheck(
  { from, to, domain }: Move,
  terminal: Terminal,
  { json }: { json: boolean },
): Promise<number> {
  const [here, there] = await Promise.all([from.snapshot(), to.snapshot()]);
  const found = migrationOf(here, there, domain);
  if (found === undefined) throw new Error(`there is no domain ${JSON.stringify(domain)} on ${from.name}`);
  const text = json ? JSON.stringify(found, null, 2) : migrationText({ from, to, domain }, found, terminal.colour);
  terminal.out(`${text}\n`);
  return found.checks.some(({ verdict }) => verdict === "fail") ? 1 : 0;
}

function migrationText({ from, to, domain }: Move, { checks, flexible }: Migration, colour: boolean): string {
  const pins = Object.entries(flexible).map(([vcpu, cpus]) => `  virsh vcpupin ${domain} ${vcpu} ${cpus} --live`);
  return [
    `${domain}: ${from.name} → ${to.name}`,
    verifyText(from.name, { checks, domains: [] }, colour),
    ...(pins.length === 0 ? [] : ["", "Pins that hold on both hosts, for the move:", ...pins]),
    'In a program: VmCpuPlacement with migration: "flexible" for the move, and the destination\'s pins after it (PlacementPlan).',
  ].join("\n");
}
