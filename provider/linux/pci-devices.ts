import type { FileTree } from "./file-tree";

/** A PCI device and where it is plugged in. */
export interface PciDevice {
  /** `0000:3b:00.0` */
  readonly address: string;
  /** Six hexadecimal digits: class, subclass, interface. `020000` is an Ethernet controller. null: not shown. */
  readonly classCode: string | null;
  /** The NUMA node that it is nearest to; null: the firmware does not say (the kernel's -1), or a kernel without NUMA. */
  readonly numaNode: number | null;
  /** Names of its network interfaces, such as `enp59s0f0`. */
  readonly networkInterfaces: readonly string[];
}

/** By address. From /sys/bus/pci/devices (Documentation/ABI/testing/sysfs-bus-pci). */
export function readPciDevices(files: FileTree): readonly PciDevice[] {
  const root = "/sys/bus/pci/devices/";
  const paths = files.paths(root).map((path) => path.slice(root.length));
  const names = paths.map((path) => path.split("/")[0] ?? "");
  const interfaces = interfacesOf(paths);
  const addresses = [...new Set(names)].filter((name) => /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/.test(name));
  return addresses.map((address) => {
    const node = /^\d{1,5}$/.exec(files.text(`${root}${address}/numa_node`)?.trim() ?? "")?.[0];
    const code = /^0x([0-9a-f]{6})$/.exec(files.text(`${root}${address}/class`)?.trim() ?? "")?.[1];
    return {
      address,
      classCode: code ?? null,
      numaNode: node === undefined ? null : Number(node),
      networkInterfaces: interfaces.get(address) ?? [],
    };
  });
}

/** Below the device, or, with virtio, below the device's device. */
function interfacesOf(paths: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const interfaces = new Map<string, string[]>();
  for (const path of paths) {
    const [, address = "", name] = /^([^/]+)\/(?:virtio\d+\/)?net\/([^/]+)\/ifindex$/.exec(path) ?? [];
    if (name !== undefined) interfaces.set(address, [...(interfaces.get(address) ?? []), name]);
  }
  return interfaces;
}
