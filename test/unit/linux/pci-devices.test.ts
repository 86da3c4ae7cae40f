import { fileTree } from "../../../provider/linux/file-tree";
import { readPciDevices } from "../../../provider/linux/pci-devices";

test("devices with their nodes, by address", () => {
  const root = "/sys/bus/pci/devices";
  const files = fileTree(
    new Map([
      [`${root}/0000:86:00.0/numa_node`, "1"],
      [`${root}/0000:86:00.0/class`, "0x010802"],
      [`${root}/0000:3b:00.1/numa_node`, "-1"],
      [`${root}/0000:3b:00.1/class`, "0x020000"],
      [`${root}/10000:01:00.0/class`, "0x010802"],
      [`${root}/0000:00:1f.3/numa_node`, "0"],
      [`${root}/0000:3b:00.1/net/enp59s0f1/ifindex`, "4"],
      [`${root}/0000:3b:00.1/net/a:b/ifindex`, "5"],
      [`${root}/10000:01:00.0/virtio2/net/eth0/ifindex`, "2"],
      [`${root}/weird/numa_node`, "0"],
    ]),
  );
  expect(readPciDevices(files)).toEqual([
    { address: "0000:00:1f.3", classCode: null, numaNode: 0, networkInterfaces: [] },
    { address: "0000:3b:00.1", classCode: "020000", numaNode: null, networkInterfaces: ["a:b", "enp59s0f1"] },
    { address: "0000:86:00.0", classCode: "010802", numaNode: 1, networkInterfaces: [] },
    { address: "10000:01:00.0", classCode: "010802", numaNode: null, networkInterfaces: ["eth0"] },
  ]);
});

test("a host without PCI", () => {
  expect(readPciDevices(fileTree(new Map()))).toEqual([]);
});
