import {
  isSysctlKey,
  normaliseSysctlKey,
  normaliseSysctlValue,
  ownSysctlFile,
  parseSysctlConf,
  renderSysctlConf,
  sysctlKey,
  SysctlKeyError,
  sysctlPath,
} from "../../../provider/linux/sysctl-conf";

describe("keys", () => {
  test.each([
    ["vm.swappiness", "/proc/sys/vm/swappiness"],
    ["vm/swappiness", "/proc/sys/vm/swappiness"],
    ["/proc/sys/vm/swappiness", "/proc/sys/vm/swappiness"],
    ["net.ipv4.conf.eth0/100.forwarding", "/proc/sys/net/ipv4/conf/eth0.100/forwarding"],
    ["net/ipv4/conf/eth0.100/forwarding", "/proc/sys/net/ipv4/conf/eth0.100/forwarding"],
    ["/proc/sys/net/ipv4/conf/eth0.100/forwarding", "/proc/sys/net/ipv4/conf/eth0.100/forwarding"],
    ["net.bridge.bridge-nf-call-iptables", "/proc/sys/net/bridge/bridge-nf-call-iptables"],
    ["kernel.sched_domain.cpu0.domain0.min_interval", "/proc/sys/kernel/sched_domain/cpu0/domain0/min_interval"],
  ])("%s is the file %s", (key, path) => {
    expect(sysctlPath(key)).toBe(path);
    expect(isSysctlKey(key)).toBe(true);
  });

  test.each([
    ["", "blanks and other than ASCII letters are not allowed"],
    ["vm swappiness", "blanks and other than ASCII letters are not allowed"],
    ["vm.swappiness\n", "blanks and other than ASCII letters are not allowed"],
    ["swappiness", "it names no parameter, only a folder of them"],
    ["../etc/passwd", "there is no name between two separators"],
    ["vm/../../etc/passwd", "there is no name between two separators"],
    ["/proc/sys/../../etc/passwd", "there is no name between two separators"],
    ["vm/./swappiness", "there is no name between two separators"],
    ["vm.//.etc", "there is no name between two separators"],
    ["vm.", "there is no name between two separators"],
    [".vm.swappiness", "there is no name between two separators"],
    ["vm..swappiness", "there is no name between two separators"],
    ["net.ipv4.conf.eth0/../x", "there is no name between two separators"],
    ["net.ipv4.conf.*.rp_filter", "patterns are not allowed: name each parameter"],
    ["vm.swappiness=1", "it holds a character that no key has"],
    ["-vm.swappiness", "it holds a character that no key has"],
    ["vm.$(reboot)", "it holds a character that no key has"],
    ["#vm.swappiness", "it holds a character that no key has"],
  ])("refuses %j", (key, reason) => {
    expect(() => sysctlPath(key)).toThrow(SysctlKeyError);
    expect(() => sysctlPath(key)).toThrow(reason);
    expect(isSysctlKey(key)).toBe(false);
  });

  test("one spelling for each", () => {
    expect(normaliseSysctlKey("net/ipv4/conf/eth0.100/forwarding")).toBe("net.ipv4.conf.eth0/100.forwarding");
    expect(normaliseSysctlKey("vm/swappiness")).toBe("vm.swappiness");
    expect(sysctlKey("/proc/sys/vm/swappiness")).toBe("vm.swappiness");
  });

  test("the message says what to write", () => {
    expect(() => sysctlPath("swappiness")).toThrow(
      new Error(
        'invalid sysctl key "swappiness": it names no parameter, only a folder of them. Write for example "vm.swappiness"',
      ),
    );
  });
});

test.each([
  ["60\n", "60"],
  ["4096\t131072\t6291456", "4096 131072 6291456"],
  ["  1  2 ", "1 2"],
  ["", ""],
])("the value %j is the same as %j", (value, normal) => {
  expect(normaliseSysctlValue(value)).toBe(normal);
});

describe("files", () => {
  test("reads assignments with their lines, and names the lines that are none", () => {
    const text = [
      "# comment",
      "; comment",
      "",
      "vm.swappiness = 10",
      "  kernel/printk=3\t4  1 3  ",
      "-net.ipv4.conf.all.rp_filter = 2",
      "-net.ipv4.conf.lo.rp_filter",
      "net.ipv4.conf.*.rp_filter = 1\r",
      "kernel.core_pattern = |/bin/dump %P key=value # kept",
      "net/ipv4/conf/eth0.100/rp_filter=0",
      "kernel.modprobe =",
      "not an assignment",
      "= 5",
      "-",
      "net.ipv4..ip_forward = 1",
    ].join("\n");
    const row = (line: number, path: string, value: string | null) => ({
      file: "/etc/sysctl.d/a.conf",
      line,
      path,
      value,
      mayFail: line === 6 || line === 7,
    });
    expect(parseSysctlConf(text, "/etc/sysctl.d/a.conf")).toEqual({
      assignments: [
        row(4, "vm/swappiness", "10"),
        row(5, "kernel/printk", "3 4 1 3"),
        row(6, "net/ipv4/conf/all/rp_filter", "2"),
        row(7, "net/ipv4/conf/lo/rp_filter", null),
        row(8, "net/ipv4/conf/*/rp_filter", "1"),
        row(9, "kernel/core_pattern", "|/bin/dump %P key=value # kept"),
        row(10, "net/ipv4/conf/eth0.100/rp_filter", "0"),
        row(11, "kernel/modprobe", ""),
        row(15, "net/ipv4/ip_forward", "1"),
      ],
      badLines: [12, 13, 14],
    });
  });

  test("renders our file sorted, and reads it back", () => {
    const text = renderSysctlConf({
      "vm.swappiness": "10",
      "kernel/printk": "3\t4 1 3",
      "net/ipv4/conf/eth0.1/forwarding": "1",
    });
    expect(text).toBe(
      `# Written by pulumi-kvm-tuning, which overwrites what is changed here.
# Read at boot by systemd-sysctl; see sysctl.d(5).
kernel.printk = 3 4 1 3
net.ipv4.conf.eth0/1.forwarding = 1
vm.swappiness = 10
`,
    );
    const { assignments, badLines } = parseSysctlConf(text, ownSysctlFile);
    expect(assignments.map(({ line, path, value }) => [line, path, value])).toEqual([
      [3, "kernel/printk", "3 4 1 3"],
      [4, "net/ipv4/conf/eth0.1/forwarding", "1"],
      [5, "vm/swappiness", "10"],
    ]);
    expect(badLines).toEqual([]);
  });

  test("a value cannot bring a line of its own", () => {
    expect(() => renderSysctlConf({ "vm.swappiness": "1\nkernel.sysrq = 1" })).toThrow(
      "the value of sysctl vm.swappiness has more than one line",
    );
  });
});
