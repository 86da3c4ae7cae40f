/* The tables that the parts print and docs/costs.md shows. */
import { markdownTable } from "../scripts/lib/markdown-table";
import type { Budget, ManyHosts, OneHost, Weight } from "./results-schema";
import { shown } from "./statistics";

export function oneHostTable({ rows, bareExecSeconds: floor }: OneHost): string {
  return table(
    [
      "run",
      "this package",
      "of it on the host",
      "Ansible",
      "Ansible, times this package",
      "times it on the host",
      "on the host, times the floor",
    ],
    rows.map(({ run, ours, ansible }) => [
      run,
      shown(ours.seconds),
      shown(ours.hostSeconds, 2),
      shown(ansible.seconds),
      (ansible.seconds.median / ours.seconds.median).toFixed(1),
      (ansible.seconds.median / ours.hostSeconds.median).toFixed(1),
      (ours.hostSeconds.median / floor.median).toFixed(2),
    ]),
  );
}

export const floorLine = ({ bareExecSeconds: floor, ansible }: OneHost): string =>
  `The floor: ${shown(floor, 2)}. Ansible is ansible-core ${ansible}.`;

export function manyHostsTable({ rows }: ManyHosts): string {
  return table(
    [
      "hosts",
      "run",
      "wall s",
      "provider CPU s",
      "CPU ms a host",
      "provider peak MiB",
      "connections a host",
      "commands a host",
    ],
    rows.map(({ hosts, run, wallSeconds, processes: { provider }, mostConnections, mostCommands }) => [
      String(hosts),
      run,
      wallSeconds.toFixed(1),
      provider.cpuSeconds.toFixed(1),
      ((1000 * provider.cpuSeconds) / hosts).toFixed(0),
      provider.peakMiB.toFixed(0),
      String(mostConnections),
      String(mostCommands),
    ]),
    (column) => column !== 1,
  );
}

export function budgetTable({ empty, whole, processes }: Budget, weight?: Weight): string {
  const cpu = (role: keyof Budget["processes"]): string => processes[role].cpuSeconds.toFixed(2);
  const loading = weight && ["loading the provider, of that", (weight.milliseconds.requireMedian / 1000).toFixed(2)];
  return table(
    ["part", "s"],
    [
      ["CLI, language host and an empty program", shown(empty, 2)],
      ["the whole, a host with ten domains", shown(whole, 2)],
      ...(loading ? [loading] : []),
      ["CPU of the CLI", cpu("cli")],
      ["CPU of the language host", cpu("languageHost")],
      ["CPU of the program", cpu("program")],
      ["CPU of the provider", cpu("provider")],
    ],
  );
}

export function weightTable({ packed, dependenciesKiB, milliseconds }: Weight, state?: ManyHosts): string {
  const names = Object.entries(dependenciesKiB);
  const inState = state && [
    ["state of a host", `${state.stateWeight.hostBytes} bytes`],
    ["state of a VM", `${state.stateWeight.vmBytes} bytes`],
    ["`__provider` in each", `${state.stateWeight.providerBytes} bytes`],
  ];
  return table(
    ["what", ""],
    [
      ["packed package", `${(packed.size / 1024).toFixed(0)} KiB`],
      ["unpacked", `${(packed.unpackedSize / 1024).toFixed(0)} KiB`],
      [
        "direct production dependencies",
        `${names.length}: ${names.map(([name, size]) => `${name} ${size} KiB`).join(", ")}`,
      ],
      ["Node alone", `${shown(milliseconds.bare, 0)} ms`],
      ["Node with the provider of HostTuning loaded", `${shown(milliseconds.loaded, 0)} ms`],
      ["so loading takes", `${milliseconds.requireMedian.toFixed(0)} ms`],
      ...(inState ?? []),
    ],
  );
}

/** All but the first column are numbers, unless told otherwise. */
const table = (
  header: readonly string[],
  rows: readonly (readonly string[])[],
  isNumber = (column: number): boolean => column > 0,
): string => markdownTable([header, ...rows], isNumber).join("\n");
