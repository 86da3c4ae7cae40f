/*
 * Domain documents with every managed element in many combinations, written as people write them and not as libvirt
 * does: other units, sets in any order, ranges, several of one kind in one element, cells without numbers.
 */

export interface Hypervisor {
  readonly type: "test" | "qemu";
  /** `mode` attributes of `<cpu>` that it takes. */
  readonly cpuModes: readonly string[];
  /** It takes shares of caches and of memory bandwidth. */
  readonly resctrl: boolean;
}

/** As many documents, no two alike; the same each time. */
export function ownDocuments(count: number, hypervisor: Hypervisor): readonly string[] {
  return Array.from({ length: count }, (_, index) => documentOf(index, hypervisor));
}

interface Shape {
  readonly index: number;
  readonly vcpus: number;
  readonly cells: number;
  readonly auto: boolean;
  readonly restrictive: boolean;
}

/** The variant of a part that document `index` has: `step` has each part go round at a pace of its own. */
function pick<T>(index: number, step: number, variants: readonly T[]): T {
  const variant = variants[Math.floor(index / step) % variants.length];
  if (variant === undefined) throw new Error("no variants");
  return variant;
}

function documentOf(index: number, { type, cpuModes, resctrl }: Hypervisor): string {
  const cells = pick(index, 1, [0, 1, 2, 3]);
  const auto = pick(index, 1, [false, false, false, false, true]);
  const shape = {
    index,
    vcpus: pick(index, 1, [4, 8, 6]),
    cells,
    auto,
    restrictive: !auto && pick(index, 1, [false, false, true, false, false, false]),
  };
  return [
    `<domain type='${type}'>`,
    `  <name>own-${index}</name>`,
    `  <!-- document ${index} -->`,
    ...memory(shape),
    ...vcpu(shape),
    ...iothreads(shape),
    ...cputune(shape, resctrl),
    ...numatune(shape),
    `  <os><type arch='x86_64' machine='${pick(index, 1, ["pc", "q35"])}'>hvm</type></os>`,
    ...cpu(shape, cpuModes),
    `  <on_reboot>restart</on_reboot>`,
    `  <devices><memballoon model='none'/></devices>`,
    `</domain>`,
    "",
  ].join("\n");
}

function memory({ index, cells }: Shape): readonly string[] {
  const pages = [
    "<hugepages/>",
    "<hugepages><page size='2' unit='M'/></hugepages>",
    "<hugepages><page size='1' unit='G' nodeset='0'/></hugepages>",
    ...(cells > 1
      ? ["<hugepages><page size='2048' nodeset='1'/><page size='1' unit='GiB' nodeset='0'/></hugepages>"]
      : []),
  ];
  const backing = pick(index, 1, [
    "",
    pick(index, 7, pages),
    "<locked/>",
    "<nosharepages/><source type='memfd'/><access mode='shared'/><allocation mode='immediate'/>",
    `${pick(index, 7, pages)}<access mode='private'/>`,
    "<source type='file'/><allocation mode='ondemand'/>",
    "<source type='anonymous'/><locked/>",
  ]);
  const limit = pick(index, 1, ["", "<hard_limit unit='G'>6</hard_limit>", "<soft_limit unit='MB'>1000</soft_limit>"]);
  return [
    pick(index, 1, [
      "  <memory unit='GiB'>2</memory>",
      "  <memory>2097152</memory>",
      "  <memory unit='MB'>2000</memory>",
    ]),
    ...pick(index, 3, [[], ["  <currentMemory unit='MiB'>512</currentMemory>"]]),
    ...(limit === "" ? [] : [`  <memtune>${limit}</memtune>`]),
    ...(backing === "" ? [] : [`  <memoryBacking>${backing}</memoryBacking>`]),
  ];
}

function vcpu({ index, vcpus, auto }: Shape): readonly string[] {
  if (auto) return [`  <vcpu placement='auto'>${vcpus}</vcpu>`];
  return [
    pick(index, 1, [
      `  <vcpu>${vcpus}</vcpu>`,
      `  <vcpu current='2' cpuset='5,0-3,^2'>${vcpus}</vcpu>`,
      `  <vcpu placement="static">${vcpus}</vcpu>`,
      `  <vcpu cpuset='1,0'>${vcpus}</vcpu>`,
    ]),
  ];
}

function iothreads({ index }: Shape): readonly string[] {
  return pick(index, 1, [
    ["  <iothreads>2</iothreads>"],
    ["  <iothreads>3</iothreads>", "  <iothreadids><iothread id='5'/><iothread id='2'/></iothreadids>"],
    ["  <iothreadids><iothread id='2'/></iothreadids>", "  <iothreads>1</iothreads>"],
    [],
  ]);
}

function cputune({ index, vcpus }: Shape, resctrl: boolean): readonly string[] {
  const hasIothread2 = index % 4 !== 3;
  const parts = [
    ...pick(index, 1, [[], ["<shares>2048</shares>"], ["<shares>100</shares>", "<period>50000</period>"]]),
    ...pick(index, 3, [[], ["<quota>-1</quota>"], ["<quota>25000</quota>"]]),
    ...pick(index, 2, [["<vcpupin vcpu='2' cpuset='3,1'/>", `<vcpupin vcpu='0' cpuset='0-3,^1'/>`], []]),
    ...pick(index, 5, [[], ["<emulatorpin cpuset='1,0'/>"]]),
    ...(hasIothread2 ? pick(index, 3, [["<iothreadpin iothread='2' cpuset='2-3'/>"], []]) : []),
    ...pick(index, 1, [
      [
        "<vcpusched vcpus='0-2,^1' scheduler='fifo' priority='3'/>",
        "<vcpusched vcpus='3' scheduler='rr' priority='1'/>",
      ],
      [],
      ["<vcpusched vcpus='1' scheduler='batch'/>"],
      [`<vcpusched vcpus='0-${vcpus - 1}' scheduler='idle'/>`],
    ]),
    ...(hasIothread2 ? pick(index, 2, [[], ["<iothreadsched iothreads='2' scheduler='fifo' priority='2'/>"]]) : []),
    ...pick(index, 4, [[], ["<emulatorsched scheduler='rr' priority='5'/>"]]),
    ...(resctrl ? resctrlGroups(index) : []),
  ];
  return parts.length === 0 ? [] : ["  <cputune>", ...parts.map((part) => `    ${part}`), "  </cputune>"];
}

function resctrlGroups(index: number): readonly string[] {
  return pick(index, 1, [
    [],
    ["<cachetune vcpus='1,0'><cache level='3' id='0' type='both' size='3' unit='MiB'/></cachetune>"],
    [],
    [
      "<cachetune vcpus='2'><cache level='3' id='0' type='code' size='6144'  unit='KiB'/><cache level='3' id='0' type='data' size='3' unit='MiB'/></cachetune>",
      "<memorytune vcpus='0-1'><node id='1' bandwidth='30'/><node id='0' bandwidth='60'/></memorytune>",
    ],
    ["<memorytune vcpus='3'><node id='0' bandwidth='100'/></memorytune>"],
  ]);
}

function numatune({ index, cells, auto, restrictive }: Shape): readonly string[] {
  const mode = restrictive ? "restrictive" : pick(index, 1, ["strict", "preferred", "interleave"]);
  const memory = auto
    ? pick(index, 3, ["<memory placement='auto'/>", "<memory mode='preferred' placement='auto' nodeset='0'/>", ""])
    : pick(index, 1, [`<memory mode='${mode}' nodeset='1,0'/>`, "", `<memory nodeset="1" mode="${mode}"/>`]);
  const memnode = auto || memory === "" ? "" : `<memnode cellid='0' mode='${mode}' nodeset='0-1,^0'/>`;
  const parts = [memory, ...(cells > 0 && index % 2 === 0 ? [memnode] : [])].filter((part) => part !== "");
  return parts.length === 0 ? [] : [`  <numatune>${parts.join("")}</numatune>`];
}

function cpu({ index, vcpus, cells }: Shape, modes: readonly string[]): readonly string[] {
  const topology = pick(index, 2, [
    "",
    `<topology sockets='1' cores='${vcpus / 2}' threads='2'/>`,
    `<topology sockets='2' dies='1' cores='${vcpus / 2}' threads='1'/>`,
  ]);
  const inside = topology + numa({ index, vcpus, cells });
  const kinds = [
    `<cpu>${inside}</cpu>`,
    `<cpu match='exact'><model>Haswell-noTSX</model><vendor>Intel</vendor><feature policy='disable' name='pcid'/>${inside}</cpu>`,
    `<cpu mode='custom' match='minimum' check='partial'><model fallback='forbid'>Nehalem</model><feature name='x2apic'/><cache mode='emulate' level='3'/>${inside}</cpu>`,
    ...modes.flatMap((mode) => {
      const passes = mode === "maximum" || mode === "host-passthrough";
      return [
        `<cpu mode='${mode}'>${inside}</cpu>`,
        `<cpu mode='${mode}' check='none'${passes ? " migratable='off'" : ""}>${passes ? "<cache mode='passthrough'/>" : "<model fallback='forbid'/>"}${inside}</cpu>`,
      ];
    }),
  ];
  const kind = pick(index, 1, kinds);
  return kind === "<cpu></cpu>" ? [] : [`  ${kind}`];
}

function numa({ index, vcpus, cells }: Pick<Shape, "index" | "vcpus" | "cells">): string {
  const cache =
    "<cache level='3' associativity='direct' policy='writeback'><size value='16384' unit='KiB'/><line value='64' unit='B'/></cache>";
  const all = [
    [
      "<cell cpus='0-1' memory='1' unit='GiB'/>",
      `<cell id='0' cpus='0-${vcpus - 1}' memory='1048576' memAccess='shared'/>`,
    ],
    [
      `<cell cpus='1,0' memory='512' unit='MiB' memAccess='private'/><cell cpus='2-${vcpus - 1}' memory='1' unit='GiB'/>`,
      `<cell id='1' cpus='2-${vcpus - 1}' memory='524288'>${cache}</cell><cell id='0' cpus='0-1' memory='512' unit='M'>${cache}</cell>`,
    ],
    [
      "<cell cpus='0' memory='512' unit='MiB'><distances><sibling id='1' value='21'/><sibling id='2' value='31'/></distances></cell><cell cpus='1' memory='512' unit='MiB'/><cell cpus='2-3' memory='512' unit='MiB'/>",
      "<cell id='0' cpus='3' memory='524288'/><cell id='1' memory='256' unit='MiB'/><cell id='2' cpus='0-2' memory='256' unit='MiB'/>",
    ],
  ][cells - 1];
  return all === undefined ? "" : `<numa>${pick(index, 4, all)}</numa>`;
}
