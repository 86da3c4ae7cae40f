import * as fc from "fast-check";
import { XMLParser, XMLValidator } from "fast-xml-parser";

import { escape } from "../../../../provider/placement-plan/allocation-map/svg/xml";
import { renderSvg } from "../../../../provider/placement-plan/allocation-map/map-svg";
import type { AllocationMap } from "../../../../provider/placement-plan/allocation-map/model";
import { oneLine } from "../../../../provider/placement-plan/allocation-map/text-width";
import { cpusOf, dedicated, emulator, largeFleet, smallFleet, smallestFleet } from "../../../support/maps";
import { CpuSet } from "../../../../provider/linux/cpu-set";
import { anyMap, reversed } from "./arbitrary";

const sizeOf = (svg: string): readonly number[] => /viewBox="0 0 (\d+) (\d+)"/.exec(svg)?.slice(1).map(Number) ?? [];

/** Titles of the cells of CPUs, as written. */
const cellTitles = (svg: string): readonly string[] =>
  [...svg.matchAll(/<title>(CPU \d+: [^<]*)<\/title>/g)].map(([, title = ""]) => title);

const oneHost = (vm: string): AllocationMap => ({
  hosts: [
    {
      name: "kvm-01",
      nodes: [{ id: 0, memory: { totalMiB: 4096, reservedMiB: 512, vms: [{ vm, memoryMiB: 1024 }] } }],
      cpus: cpusOf({ nodes: 1, coresPerNode: 2 }),
      reservedCpus: CpuSet.of(0),
      isolatedCpus: CpuSet.of(1, 3),
      vms: [{ name: vm, threads: [...dedicated([1, 3]), emulator("0")] }],
    },
  ],
});

describe("a picture of a small fleet", () => {
  const svg = renderSvg(smallFleet);

  test("each CPU says what is on it", () => {
    expect(cellTitles(svg)).toHaveLength(64);
    expect(cellTitles(svg)).toEqual(
      expect.arrayContaining([
        "CPU 0: reserved for the host; cache: emulator; orders-db: emulator",
        "CPU 1: isolated; orders-db: vCPU 0",
        "CPU 16: reserved for the host; orders-db: I/O thread 1, I/O thread 2",
        "CPU 16: reserved for the host",
        "CPU 7: isolated; free",
        "CPU 25: isolated; trading-rt: emulator",
      ]),
    );
  });

  test("memory and page bars say who has how much", () => {
    expect(svg).toContain("<title>64 GiB of orders-db</title>");
    expect(svg).toContain("<title>6 GiB reserved for the host</title>");
    expect(svg).toContain(">88 GiB of 128 GiB, 6 GiB reserved</text>");
    expect(svg).toContain(">1G pages</text>");
  });

  test("VMs have their colour, and letters, in the legend", () => {
    expect(svg).toContain(
      "orders-db on kvm-01\n8 vCPUs on 1-4,17-20 · emulator on 0 · 2 I/O threads on 16\n64 GiB of 1G pages on node 0",
    );
    expect(svg).toContain("legacy-erp on kvm-02, not of this plan");
  });

  test("caches, devices, reserved and isolated sets are named", () => {
    for (const text of ["L3 32 MiB", "0000:3b:00.0 enp59s0f0", "reserved 0,8,16,24 · isolated 1-7,9-13,17-23,25-29"]) {
      expect(svg).toContain(`>${text}</text>`);
    }
  });

  test("it is one file: no script, no reference to another", () => {
    expect(svg).not.toMatch(/<script|<image|<foreignObject|<use|@import|\shref|\son[a-z]+=/);
    expect([...svg.matchAll(/url\(([^)]*)\)/g)].every(([, target = ""]) => target.startsWith("#"))).toBe(true);
    expect(svg.match(/https?:/g)).toEqual(["http:"]);
  });

  test("every pattern that is used is defined", () => {
    const used = new Set([...svg.matchAll(/url\(#([^)]*)\)/g)].map(([, id]) => id));
    for (const id of used) expect(svg).toContain(`<pattern id="${id ?? ""}"`);
    expect(used.size).toBeGreaterThan(3);
  });

  test("dark where the reader's theme is dark", () => {
    expect(svg).toContain("@media (prefers-color-scheme:dark)");
  });
});

test("a plan's name stands in the heading", () => {
  expect(renderSvg({ ...smallestFleet, name: "rack <7>" })).toContain(">Allocation map: rack &lt;7&gt;</text>");
});

test("more on a node than it has: said in numbers and marked", () => {
  const [host] = oneHost("db").hosts;
  const memory = { totalMiB: 4096, reservedMiB: 512, vms: [{ vm: "db", memoryMiB: 6144 }] };
  const svg = renderSvg({ hosts: [{ ...host!, nodes: [{ id: 0, memory }] }] });
  expect(svg).toContain("6 GiB of 4 GiB, 512 MiB reserved, 2.5 GiB too much");
  expect(svg).toContain('class="over"');
});

test("many VMs on one CPU are counted, and all are named", () => {
  const names = Array.from({ length: 40 }, (_, index) => `vm-${String(index)}`);
  const [host] = oneHost("db").hosts;
  const svg = renderSvg({ hosts: [{ ...host!, vms: names.map((name) => ({ name, threads: [emulator("0")] })) }] });
  expect(svg).toContain(">40 VMs</text>");
  expect(cellTitles(svg)[0]).toBe(
    `CPU 0: reserved for the host; ${names.map((name) => `${name}: emulator`).join("; ")}`,
  );
});

test("a node of memory alone, and a host without memory facts", () => {
  const [host] = oneHost("db").hosts;
  const nodes = [{ id: 0 }, { id: 4, memory: { totalMiB: 65536, reservedMiB: 0, vms: [] } }];
  const svg = renderSvg({ hosts: [{ ...host!, nodes }] });
  expect(svg).toContain(">node 4</text>");
  expect(svg).toContain(">memory only</text>");
  expect(svg).toContain(">0 MiB of 64 GiB</text>");
});

test("no host", () => {
  expect(XMLValidator.validate(renderSvg({ hosts: [] }))).toBe(true);
});

describe("sizes", () => {
  test.each([
    ["1 host of 4 CPUs", smallestFleet, [700, 800]],
    ["2 hosts of 32 CPUs", smallFleet, [1060, 1400]],
    ["1 host of 256 CPUs, 30 VMs", largeFleet(1, 30), [2600, 2600]],
    ["8 hosts of 256 CPUs, 96 VMs", largeFleet(8, 12), [4000, 5400]],
  ])("%s", (_name, map, [widest = 0, highest = 0]) => {
    const svg = renderSvg(map);
    const [width = 0, height = 0] = sizeOf(svg);
    expect(width).toBeLessThanOrEqual(widest);
    expect(height).toBeLessThanOrEqual(highest);
    expect(cellTitles(svg)).toHaveLength(map.hosts.reduce((sum, host) => sum + host.cpus.length, 0));
    expect(XMLValidator.validate(svg)).toBe(true);
  });

  test("nothing is drawn beyond the edge", () => {
    for (const map of [smallestFleet, smallFleet, largeFleet(2, 60)]) {
      const svg = renderSvg(map);
      const [width = 0, height = 0] = sizeOf(svg);
      for (const [, x, y, w, h] of svg.matchAll(
        /<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g,
      )) {
        expect(Number(x) + Number(w)).toBeLessThanOrEqual(width);
        expect(Number(y) + Number(h)).toBeLessThanOrEqual(height);
      }
    }
  });

  test("1024 CPUs on one host", () => {
    const [host] = oneHost("db").hosts;
    const cpus = cpusOf({ nodes: 16, coresPerNode: 32, coresPerCache: 8 });
    const svg = renderSvg({ hosts: [{ ...host!, cpus, nodes: [] }] });
    expect(cellTitles(svg)).toHaveLength(1024);
    expect(svg).toContain(">node 15</text>");
  });
});

describe("any map", () => {
  const parser = new XMLParser({ ignoreAttributes: true, processEntities: false });

  test("is well-formed, and names every VM and host", () => {
    fc.assert(
      fc.property(anyMap, (map) => {
        const svg = renderSvg(map);
        expect(XMLValidator.validate(svg)).toBe(true);
        expect(() => void parser.parse(svg)).not.toThrow();
        for (const host of map.hosts) {
          expect(svg).toContain(`<title>${escape(host.name)}</title>`);
          for (const vm of host.vms) expect(svg).toContain(escape(`${vm.name} on ${host.name}`));
        }
      }),
      { numRuns: 20 },
    );
  });

  test("shows every thread of every VM on every CPU that it may run on", () => {
    fc.assert(
      fc.property(anyMap, ({ hosts }) => {
        for (const host of hosts) {
          const titles = new Map(
            cellTitles(renderSvg({ hosts: [host] })).map((title) => [/\d+/.exec(title)?.[0], title]),
          );
          for (const { name, threads } of host.vms) {
            for (const { role, id, cpus } of threads) {
              const word = { vcpu: `vCPU ${id ?? ""}`, emulator: "emulator", iothread: `I/O thread ${id ?? ""}` }[role];
              for (const cpu of cpus) {
                const title = titles.get(String(cpu)) ?? "";
                expect(title).toContain(`${escape(oneLine(name))}: `);
                expect(title).toContain(word);
              }
            }
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  test("is the same picture, byte for byte, in whatever order it is listed", () => {
    fc.assert(
      fc.property(anyMap, (map) => {
        expect(renderSvg(reversed(map))).toBe(renderSvg(map));
      }),
      { numRuns: 15 },
    );
  });
});
