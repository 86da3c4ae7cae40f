import { migrationOf, migrationQuery, type Migration } from "../../provider/inspect/migration";
import { literal } from "../../provider/inspect/program-text";
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
  const query = migrationQuery(here, domain);
  const compared = query === undefined ? undefined : await to.query?.(query);
  const found = migrationOf(here, there, { name: domain, compared });
  if (found === undefined) throw new Error(`there is no domain ${JSON.stringify(domain)} on ${from.name}`);
  const text = json ? JSON.stringify(found, null, 2) : migrationText({ from, to, domain }, found, terminal.colour);
  terminal.out(`${text}\n`);
  return found.checks.some(({ verdict }) => verdict === "fail") ? 1 : 0;
}

function migrationText({ from, to, domain }: Move, found: Migration, colour: boolean): string {
  const { checks, flexible, there } = found;
  const pins = Object.entries(flexible).map(([vcpu, cpus]) => `  virsh vcpupin ${domain} ${vcpu} ${cpus} --live`);
  return [
    `${domain}: ${from.name} → ${to.name}`,
    verifyText(from.name, { checks, domains: [] }, colour),
    ...(pins.length === 0 ? [] : ["", "Pins that hold on both hosts, for the move:", ...pins]),
    "",
    ...thereLines(to.name, there),
    'In a program: VmCpuPlacement with migration: "flexible" for the move, and the destination\'s pins after it (PlacementPlan).',
  ].join("\n");
}

/** A place of its own, as the planner gives it beside the domains that are there. */
function thereLines(to: string, there: Migration["there"]): readonly string[] {
  if ("reason" in there) return [`No place on ${to} by the planner: ${there.reason}`];
  const { vcpuPins, emulatorPin, numa } = there.placed.settings;
  const nodes = numa.cells?.map(({ id, nodeset }) => `cell ${id} on node ${nodeset}`) ?? [
    `memory on node ${numa.nodeset}`,
  ];
  return [
    `After the move, on ${to} (${there.placed.why}):`,
    `  vcpuPins: ${literal(vcpuPins, "  ")}`,
    `  emulatorPin: ${JSON.stringify(emulatorPin)}`,
    `  ${nodes.join(", ")}`,
  ];
}
