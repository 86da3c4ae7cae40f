/*
 * QEMU's process of a running domain as the kernel shows it: threads with their masks and scheduling classes, cgroups,
 * the place of the memory. All follows from the running domain's document. A file `elsewhere` in $KVM_TUNING_ROOT/libvirt
 * holds the node on which memory comes to lie whatever it is bound to.
 */
const fs = require("node:fs");
const { join } = require("node:path");
const { root, home, at, has, read, write, nameOf, elements, inside, numbers } = require("./domains");

const policies = { other: 0, fifo: 1, rr: 2, batch: 3, idle: 5 };
const scope = (pid) => `/machine.slice/machine-qemu-${pid}.scope`;
const numadFile = join(root, "usr/bin/numad");

/** Whether the domain asks numad for its nodes. */
const isAutomatic = (xml) =>
  elements(xml, "vcpu")[0]?.placement === "auto" ||
  elements(inside(xml, "numatune"), "memory")[0]?.placement === "auto";

/** What numad says: the stand-in's is a file with a node set. */
const advice = () => (has(numadFile) ? read(numadFile).trim() : undefined);

const kernel = (name) => read(join(root, "sys/devices/system", name)).trim();

const cpusOf = (nodes) =>
  numbers(nodes)
    .map((node) => kernel(`node/node${node}/cpulist`))
    .join(",");

const pinOf = (xml, element, key, id) =>
  elements(inside(xml, "cputune"), element).find((one) => key === undefined || one[key] === String(id))?.cpuset;

const schedOf = (xml, element, key, id) =>
  elements(inside(xml, "cputune"), element).find((one) => key === undefined || numbers(one[key]).includes(id));

/** Threads by the names of their cgroups: what they are called, where they run, and in what class. */
function threadsOf(xml, pid) {
  const nodes = isAutomatic(xml) ? advice() : undefined;
  const [vcpu] = elements(xml, "vcpu");
  const everywhere = (nodes && cpusOf(nodes)) ?? vcpu.cpuset ?? kernel("cpu/online");
  const maximum = Number(/<vcpu[^>]*>(\d+)</.exec(xml)[1]);
  const emulator = pinOf(xml, "emulatorpin") ?? everywhere;
  return [
    { group: "emulator", tid: pid, name: "qemu-system-x86", cpus: emulator, sched: schedOf(xml, "emulatorsched") },
    { group: "emulator", tid: pid + 1, name: "worker", cpus: emulator },
    ...Array.from({ length: Number(vcpu.current ?? maximum) }, (_, id) => ({
      group: `vcpu${id}`,
      tid: pid + 10 + id,
      name: `CPU ${id}/KVM`,
      cpus: pinOf(xml, "vcpupin", "vcpu", id) ?? everywhere,
      sched: schedOf(xml, "vcpusched", "vcpus", id),
    })),
    ...elements(xml, "iothread").map(({ id }) => ({
      group: `iothread${id}`,
      tid: pid + 500 + Number(id),
      name: `IO iothread${id}`,
      cpus: pinOf(xml, "iothreadpin", "iothread", id) ?? everywhere,
      sched: schedOf(xml, "iothreadsched", "iothreads", Number(id)),
    })),
  ];
}

const statOf = ({ tid, name, sched }) => {
  const zeros = (count) => Array.from({ length: count }, () => 0).join(" ");
  return `${tid} (${name}) S 1 ${zeros(35)} ${sched?.priority ?? 0} ${policies[sched?.scheduler ?? "other"]} ${zeros(11)}\n`;
};

const kibOf = (element) =>
  Number(element.memory ?? element.text) * { KiB: 1, MiB: 1024, GiB: 1048576 }[element.unit ?? "KiB"];

function regionsOf(xml) {
  const numatune = inside(xml, "numatune");
  const [whole] = elements(numatune, "memory");
  const nodes = isAutomatic(xml) ? advice() : whole?.nodeset;
  const rule = { mode: whole?.mode, nodes };
  const cells = elements(inside(inside(xml, "cpu"), "numa"), "cell");
  const text = /<memory(?: unit='(\w+)')?>(\d+)<\/memory>/.exec(xml);
  if (cells.length === 0)
    return text === null ? [] : [{ ...rule, id: 0, kib: kibOf({ text: text[2], unit: text[1] }) }];
  return cells.map((cell) => {
    const bound = elements(numatune, "memnode").find(({ cellid }) => cellid === cell.id);
    return { id: Number(cell.id), kib: kibOf(cell), mode: bound?.mode ?? rule.mode, nodes: bound?.nodeset ?? nodes };
  });
}

/** In KiB. A domain on huge pages without a size has pages of 2 MiB. */
function pageOf(xml, { id }) {
  if (!/<hugepages[\s/>]/.test(xml)) return 4;
  const pages = elements(inside(xml, "hugepages"), "page");
  if (pages.length === 0) return 2048;
  const page =
    pages.find(({ nodeset }) => nodeset !== undefined && numbers(nodeset).includes(id)) ??
    pages.find(({ nodeset }) => nodeset === undefined);
  return page === undefined ? 4 : Number(page.size) * { KiB: 1, MiB: 1024, GiB: 1048576 }[page.unit ?? "KiB"];
}

function numaMaps(xml) {
  const elsewhere = has(join(home, "elsewhere")) ? read(join(home, "elsewhere")).trim() : undefined;
  const words = { strict: "bind", preferred: "prefer", interleave: "interleave" };
  const lines = regionsOf(xml).map(({ kib, mode, nodes, ...region }, index) => {
    const policy = nodes !== undefined && words[mode] ? `${words[mode]}:${nodes}` : "default";
    const size = pageOf(xml, region);
    const node = elsewhere ?? numbers(nodes ?? "0")[0];
    return `7f${index}000000000 ${policy} anon=${kib / size} N${node}=${kib / size} kernelpagesize_kB=${size}`;
  });
  return `560000000000 default heap anon=9000 dirty=9000 N0=9000 kernelpagesize_kB=4\n${lines.join("\n")}\n`;
}

function removeProcess(uuid) {
  const pid = read(at(uuid, "pid"));
  const name = nameOf(read(at(uuid, "live.xml")));
  for (const path of [
    `proc/${pid}`,
    `sys/fs/cgroup${scope(pid)}`,
    `run/libvirt/qemu/${name}.pid`,
    `run/libvirt/qemu/${name}.xml`,
  ])
    fs.rmSync(join(root, path), { recursive: true, force: true });
}

/** Writes it anew. */
function writeProcess(uuid) {
  const xml = read(at(uuid, "live.xml"));
  removeProcess(uuid);
  const pid = Number(read(at(uuid, "pid")));
  const file = (path, text) => write(join(root, path), text);
  const group = `sys/fs/cgroup${scope(pid)}`;
  const [memory] = elements(inside(xml, "numatune"), "memory");
  const mems = (isAutomatic(xml) ? advice() : memory?.nodeset) ?? kernel("node/online");
  for (const thread of threadsOf(xml, pid)) {
    const task = `proc/${pid}/task/${thread.tid}`;
    file(`${task}/status`, `Name:\t${thread.name}\nState:\tS (sleeping)\nCpus_allowed_list:\t${thread.cpus}\n`);
    file(`${task}/stat`, statOf(thread));
    file(`${group}/libvirt/${thread.group}/cpuset.cpus`, `${thread.cpus}\n`);
    file(`${group}/libvirt/${thread.group}/cpuset.mems`, `${mems}\n`);
  }
  file(`${group}/cpu.weight`, `${/<shares>(\d+)</.exec(xml)?.[1] ?? 100}\n`);
  file(`proc/${pid}/cgroup`, `0::${scope(pid)}/libvirt/emulator\n`);
  file(`proc/${pid}/numa_maps`, numaMaps(xml));
  const locked = /<locked[\s/>]/.test(xml) ? regionsOf(xml).reduce((sum, { kib }) => sum + kib, 0) : 0;
  file(`proc/${pid}/status`, `Name:\tqemu-system-x86\nVmLck:\t${String(locked).padStart(8)} kB\n`);
  const name = nameOf(xml);
  file(`run/libvirt/qemu/${name}.pid`, `${pid}\n`);
  if (!isAutomatic(xml)) return;
  const numad = `  <numad nodeset='${advice()}' cpuset='${cpusOf(advice())}'/>`;
  file(`run/libvirt/qemu/${name}.xml`, `<domstatus state='running' pid='${pid}'>\n${numad}\n${xml}\n</domstatus>\n`);
}

module.exports = { writeProcess, removeProcess, isAutomatic, advice };
