import * as fc from "fast-check";

import { CpuSet } from "../../../../provider/linux/cpu-set";
import { renderText } from "../../../../provider/placement-plan/allocation-map/map-text";
import type { AllocationMap, MapHost, MapThread } from "../../../../provider/placement-plan/allocation-map/model";
import { columnsOf, oneLine } from "../../../../provider/placement-plan/allocation-map/text-width";
import { cpusOf, dedicated, emulator, floating, iothread, largeFleet, smallFleet } from "../../../support/maps";
import { anyMap, reversed } from "./arbitrary";

const host: MapHost = {
  name: "kvm-01",
  nodes: [
    {
      id: 0,
      memory: { totalMiB: 65536, reservedMiB: 4096, vms: [{ vm: "db", memoryMiB: 32768 }] },
      pages: [{ pageSizeKiB: 1048576, totalMiB: 40960, reservedMiB: 0, vms: [{ vm: "db", memoryMiB: 32768 }] }],
      devices: ["0000:3b:00.0"],
    },
    { id: 1, memory: { totalMiB: 65536, reservedMiB: 4096, vms: [{ vm: "web", memoryMiB: 1536 }] } },
  ],
  cpus: cpusOf({ nodes: 2, coresPerNode: 4, coresPerCache: 2 }),
  caches: [{ llc: 0, level: 3, sizeKiB: 16384 }],
  reservedCpus: CpuSet.parse("0,8"),
  isolatedCpus: CpuSet.parse("1-3,9-11"),
  vms: [
    { name: "web", threads: [...floating(3, "4-5,12-13"), emulator("0")], planned: false },
    { name: "db", threads: [...dedicated([1, 9, 2, 10]), emulator("0"), iothread(1, "8")] },
  ],
};

test("a map, letter by letter", () => {
  expect(renderText({ hosts: [host] })).toBe(`Allocation map
1 host, 2 VMs, 16 CPUs: 4 dedicated, 6 shared, 6 free

kvm-01  16 CPUs: 4 dedicated, 6 shared, 6 free
  reserved 0,8
  isolated 1-3,9-11

  node 0  4 cores  0000:3b:00.0
    memory    [###A===================.................]  32 GiB of 64 GiB, 4 GiB reserved
    1G pages  [A===============================........]  32 GiB of 40 GiB
    L3 16 MiB |
       0    1 |  2  3
      *1   A0 | A2  .
       8    9 | 10 11
    Aio1   A1 | A3  .

  node 1  4 cores
    memory  [###B....................................]  1.5 GiB of 64 GiB, 4 GiB reserved
      4   5 |  6  7
    B~3 B~3 |  .  .
     12  13 | 14 15
    B~3 B~3 |  .  .

  *1  A db: emulator; B web: emulator

Legend
  A0  vCPU 0 of VM A, alone on its CPU    A~6   6 shared vCPUs of A    .  free
  Aem emulator of A                       Aio1  I/O thread 1 of A      #  reserved for the host
  *1  several: see below the host

VMs
  A  db   kvm-01  4 vCPUs on 1-2,9-10; emulator on 0; 1 I/O thread on 8; 32 GiB of 1G pages on node 0
  B  web  kvm-01  3 shared vCPUs on 4-5,12-13; emulator on 0; 1.5 GiB on node 1; not of this plan
`);
});

test("offline CPUs, partitions, cores of two kinds and a reserved CPU without a thread", () => {
  const text = renderText({
    name: "rack-7",
    hosts: [
      {
        name: "hybrid",
        nodes: [{ id: 0 }],
        cpus: [0, 1, 2, 3].map((id) => ({ id, core: id, node: 0, kind: id < 2 ? "performance" : "efficiency" })),
        offlineCpus: CpuSet.parse("4-7"),
        partitions: [{ name: "machine.slice", cpus: CpuSet.parse("1-3") }],
        reservedCpus: CpuSet.of(0),
        isolatedCpus: CpuSet.empty,
        vms: [],
      },
    ],
  });
  expect(text).toContain(`Allocation map: rack-7
1 host, 0 VMs, 4 CPUs: 1 reserved, 3 free

hybrid  4 CPUs: 1 reserved, 3 free
  reserved 0
  offline 4-7
  partition machine.slice 1-3

  node 0  4 cores
    performance and efficiency cores
     0  1  2  3
     #  .  .  .
`);
});

test("a name longer than its column has a line of its own, and the columns stay", () => {
  const vms = ["b", "n".repeat(40)].map((name, index) => ({ name, threads: dedicated([index]) }));
  const lines = renderText({ hosts: [{ ...host, name: "h", nodes: [], vms }] }).split("\n");
  expect(lines.slice(lines.indexOf("VMs") + 1)).toEqual([
    "  A  b  h  1 vCPU on 0",
    `  B  ${"n".repeat(40)}`,
    "        h  1 vCPU on 1",
    "",
  ]);
});

test("wide characters keep the columns", () => {
  const vms = ["数据库", "web-01"].map((name, index) => ({ name, threads: dedicated([index]) }));
  const lines = renderText({ hosts: [{ ...host, nodes: [], vms }] }).split("\n");
  const rows = lines.slice(lines.indexOf("VMs") + 1, -1);
  expect(rows).toEqual(["  A  web-01  kvm-01  1 vCPU on 1", "  B  数据库  kvm-01  1 vCPU on 0"]);
  expect(rows.map((row) => columnsOf(row.slice(0, row.indexOf("kvm")))).every((columns) => columns === 13)).toBe(true);
});

test("a fleet fits a log: no line of a machine with short names is wider than 132 columns", () => {
  for (const map of [smallFleet, largeFleet(8, 12)]) {
    expect(Math.max(...renderText(map).split("\n").map(columnsOf))).toBeLessThanOrEqual(132);
  }
});

/** Host -> CPU -> what the map says of it, read as a person reads it: the line of numbers, the line below it, the notes. */
function read(text: string, hosts: readonly string[]): Map<string, Map<number, string>> {
  const found = new Map<string, Map<number, string>>();
  let current = new Map<number, string>();
  let tokens = new Map<number, string>();
  let numbers: readonly number[] | undefined;
  let mark: string | undefined;
  for (const line of text.slice(0, text.lastIndexOf("\nLegend\n")).split("\n")) {
    const host = hosts.find(
      (name) => new RegExp(`^ {2}\\d+ CPUs?: `).test(line.slice(name.length)) && line.startsWith(name),
    );
    if (host !== undefined) {
      current = new Map();
      tokens = new Map();
      found.set(host, current);
      continue;
    }
    const note = /^ {2}(\*\d+) {2}(.*)$/.exec(line);
    if (note !== null) mark = note[1];
    const more = note?.[2] ?? /^ {6,}([A-Z]+ \S.*)$/.exec(line)?.[1];
    if (mark !== undefined && more !== undefined) {
      for (const [cpu, token] of tokens) {
        if (token === mark) current.set(cpu, note === null ? `${current.get(cpu) ?? ""} ${more}` : more);
      }
      continue;
    }
    mark = undefined;
    const fields = line.replaceAll("|", " ").trim().split(/\s+/);
    if (/^ {4} *\d[\d |]*$/.test(line)) numbers = fields.map(Number);
    else if (numbers !== undefined && fields.length === numbers.length) {
      for (const [index, cpu] of numbers.entries()) tokens.set(cpu, fields[index] ?? "");
      for (const [cpu, token] of tokens) if (!current.has(cpu)) current.set(cpu, token);
      numbers = undefined;
    }
  }
  return found;
}

const shortWords = ({ role, id, cpus, shared = cpus.size > 1 }: MapThread): string =>
  ({ vcpu: shared ? "~" : String(id), emulator: "em", iothread: `io${String(id)}` })[role];

const longWords = ({ role, id }: MapThread): string =>
  ({ vcpu: `vCPU ${String(id)}`, emulator: "emulator", iothread: `I/O thread ${String(id)}` })[role];

describe("any map", () => {
  const keys = (text: string): ReadonlyMap<string, string> =>
    new Map(
      text
        .slice(text.lastIndexOf("\nVMs\n"))
        .split("\n")
        .flatMap((line) => /^ {2}([A-Z]+) +(\S.*)$/.exec(line)?.slice(1, 3) ?? [])
        .flatMap((value, index, all) => (index % 2 === 0 ? [[value, all[index + 1] ?? ""] as const] : [])),
    );

  test("every claim is on its CPU", () => {
    // Names that are words: here the map is read, in the other tests they hold anything.
    const plain = anyMap.map(({ hosts }): AllocationMap => ({
      hosts: hosts.map((one, at) => {
        const rename = new Map(one.vms.map(({ name }, index) => [name, `vm${String(at)}x${String(index)}`]));
        return {
          ...one,
          name: `host${String(at)}`,
          nodes: one.nodes.map(({ id }) => ({ id })),
          vms: one.vms.map((vm) => ({ ...vm, name: rename.get(vm.name) ?? "" })),
        };
      }),
    }));
    fc.assert(
      fc.property(plain, (map) => {
        const text = renderText(map);
        const key = keys(text);
        const seen = read(
          text,
          map.hosts.map(({ name }) => name),
        );
        for (const { name, cpus, vms, reservedCpus } of map.hosts) {
          for (const { id } of cpus) {
            const said = seen.get(name)?.get(id) ?? "";
            const those = vms.filter(({ threads }) => threads.some((thread) => thread.cpus.has(id)));
            if (those.length === 0) expect(said).toBe(reservedCpus.has(id) ? "#" : ".");
            for (const vm of those) {
              const letters = [...key].find(([, rest]) => rest.split(/\s+/)[0] === vm.name)?.[0] ?? "?";
              expect(said.startsWith(letters) || said.includes(`; ${letters} `)).toBe(true);
              if (said.includes(":")) expect(said).toContain(`${letters} ${vm.name}: `);
              const words = said.includes(":") ? longWords : shortWords;
              for (const thread of vm.threads.filter(({ cpus: on }) => on.has(id)))
                expect(said).toContain(words(thread));
            }
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  test("names every VM and host, one line each, whatever they hold", () => {
    fc.assert(
      fc.property(anyMap, (map) => {
        const text = renderText(map);
        expect(/\p{Cc}/u.test(text.replaceAll("\n", ""))).toBe(false);
        for (const one of map.hosts) {
          expect(text).toContain(`\n${oneLine(one.name)}  `);
          for (const { name } of one.vms) expect(text).toContain(oneLine(name).trimEnd());
        }
      }),
      { numRuns: 30 },
    );
  });

  test("is the same text in whatever order it is listed", () => {
    fc.assert(
      fc.property(anyMap, (map) => {
        expect(renderText(reversed(map))).toBe(renderText(map));
      }),
      { numRuns: 30 },
    );
  });
});
