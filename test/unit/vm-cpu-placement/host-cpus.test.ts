import { fileTree } from "../../../provider/linux/file-tree";
import { hostCpus, withExpected } from "../../../provider/vm-cpu-placement/host-cpus";

const host = hostCpus(
  fileTree(
    new Map([
      ["/sys/devices/system/cpu/online", "0-3"],
      ["/sys/devices/system/cpu/isolated", "3"],
    ]),
  ),
);

test("counts CPUs that a HostTuning of the same run will isolate", () => {
  expect(String(withExpected(host, { isolatedCpus: "1-2" }).isolated)).toBe("1-3");
});

test("without a HostTuning in the run the host is as it is", () => {
  expect(withExpected(host, undefined)).toBe(host);
});
