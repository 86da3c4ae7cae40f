import { fileTree } from "../../../provider/linux/file-tree";
import { sysctlFilesAtBoot, sysctlWinner } from "../../../provider/linux/sysctl-precedence";

const files = (texts: Readonly<Record<string, string>>) => fileTree(new Map(Object.entries(texts)));

/** `file:line = value` of the winners at boot and after a reload. */
function winners(key: string, texts: Readonly<Record<string, string>>): [boot: string, reload: string] {
  const { boot, reload } = sysctlWinner(key, files(texts));
  const shown = (winner: typeof boot) =>
    winner === undefined ? "none" : `${winner.file}:${winner.line} = ${winner.value}`;
  return [shown(boot), shown(reload)];
}

test("files are read by their names, whatever the folder; the first folder's file masks the others", () => {
  expect(
    sysctlFilesAtBoot(
      files({
        "/usr/lib/sysctl.d/50-default.conf": "",
        "/usr/lib/sysctl.d/10-first.conf": "",
        "/usr/local/lib/sysctl.d/60-local.conf": "",
        "/run/sysctl.d/50-default.conf": "",
        "/etc/sysctl.d/99-sysctl.conf": "",
        "/etc/sysctl.d/50-default.conf": "",
        "/etc/sysctl.d/README": "",
        "/etc/sysctl.d/.hidden.conf": "",
        "/etc/sysctl.d/old/90-x.conf": "",
        "/etc/sysctl.d/zz-kvm-tuning.conf": "",
        "/etc/sysctl.d/Z.conf": "",
        "/etc/sysctl.conf": "",
      }),
    ),
  ).toEqual([
    "/usr/lib/sysctl.d/10-first.conf",
    "/etc/sysctl.d/50-default.conf",
    "/usr/local/lib/sysctl.d/60-local.conf",
    "/etc/sysctl.d/99-sysctl.conf",
    "/etc/sysctl.d/Z.conf",
    "/etc/sysctl.d/zz-kvm-tuning.conf",
  ]);
});

test("the last file wins, also from a folder of lower rank", () => {
  expect(
    winners("vm.swappiness", {
      "/etc/sysctl.d/50-a.conf": "vm.swappiness = 1",
      "/usr/lib/sysctl.d/60-b.conf": "# b\nvm.swappiness = 2",
    }),
  ).toEqual(["/usr/lib/sysctl.d/60-b.conf:2 = 2", "/usr/lib/sysctl.d/60-b.conf:2 = 2"]);
});

test("an empty file in /etc, as a link to /dev/null shows, masks the packaged one", () => {
  expect(
    winners("vm.swappiness", {
      "/etc/sysctl.d/50-a.conf": "",
      "/usr/lib/sysctl.d/50-a.conf": "vm.swappiness = 1",
    }),
  ).toEqual(["none", "none"]);
});

test("/etc/sysctl.conf does not count at boot, and wins after sysctl --system", () => {
  expect(
    winners("vm.swappiness", {
      "/etc/sysctl.d/zz-kvm-tuning.conf": "vm.swappiness = 10",
      "/etc/sysctl.conf": "vm.swappiness = 60",
    }),
  ).toEqual(["/etc/sysctl.d/zz-kvm-tuning.conf:1 = 10", "/etc/sysctl.conf:1 = 60"]);
});

test("a link 99-sysctl.conf brings /etc/sysctl.conf in at its place", () => {
  expect(
    winners("vm.swappiness", {
      "/etc/sysctl.conf": "vm.swappiness = 60",
      "/etc/sysctl.d/99-sysctl.conf": "vm.swappiness = 60",
      "/etc/sysctl.d/90-x.conf": "vm.swappiness = 5",
    }),
  ).toEqual(["/etc/sysctl.d/99-sysctl.conf:1 = 60", "/etc/sysctl.conf:1 = 60"]);
});

test("the spelling of the key does not matter", () => {
  expect(
    winners("net/ipv4/conf/eth0.100/forwarding", { "/etc/sysctl.d/a.conf": "net.ipv4.conf.eth0/100.forwarding=1" })[0],
  ).toBe("/etc/sysctl.d/a.conf:1 = 1");
});

describe("patterns", () => {
  const key = "net.ipv4.conf.eth0.rp_filter";

  test("a named key beats every pattern, also an earlier one's", () => {
    const [boot] = winners(key, {
      "/etc/sysctl.d/10-a.conf": "net.ipv4.conf.eth0.rp_filter = 1",
      "/etc/sysctl.d/20-b.conf": "net.ipv4.conf.*.rp_filter = 2",
    });
    expect(boot).toBe("/etc/sysctl.d/10-a.conf:1 = 1");
  });

  test("of patterns the last that matches wins", () => {
    const [boot] = winners(key, {
      "/etc/sysctl.d/a.conf":
        "net.ipv4.conf.*.rp_filter = 2\nnet.*.conf.eth?.rp_filter = 0\nnet.ipv4.conf.wlan*.rp_filter = 1",
    });
    expect(boot).toBe("/etc/sysctl.d/a.conf:2 = 0");
  });

  test("-key without a value takes the key out of patterns and sets nothing", () => {
    const text = "net.ipv4.conf.*.rp_filter = 2\n-net.ipv4.conf.eth0.rp_filter";
    expect(winners(key, { "/etc/sysctl.d/a.conf": text })[0]).toBe("none");
    expect(winners("net.ipv4.conf.lo.rp_filter", { "/etc/sysctl.d/a.conf": text })[0]).toBe(
      "/etc/sysctl.d/a.conf:1 = 2",
    );
  });

  test.each([
    ["net.ipv4.conf.[a-e]th0.rp_filter", true],
    ["net.ipv4.conf.[!a-d]th0.rp_filter", true],
    ["net.ipv4.conf.[!e]th0.rp_filter", false],
    ["net.ipv4.conf.eth[1-9].rp_filter", false],
    ["net.ipv4.conf.eth[9-1].rp_filter", false],
    ["net.*.rp_filter", false],
    ["*.*.*.*.*", true],
    ["net.ipv4.conf.eth0.rp_filte?", true],
    ["net.ipv4.conf.eth0+.rp_filte?", false],
    ["net.ipv4.conf.eth[0.rp_filter", false],
    ["net.ipv4.conf.e(t)h*.rp_filter", false],
  ])("%s matches: %p", (pattern, matches) => {
    expect(winners(key, { "/etc/sysctl.d/a.conf": `${pattern} = 7` })[0]).toBe(
      matches ? "/etc/sysctl.d/a.conf:1 = 7" : "none",
    );
  });
});
