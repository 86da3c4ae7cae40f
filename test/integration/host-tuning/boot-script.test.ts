/*
 * The script that the unit runs at boot, by a real sh. Its paths are absolute: the text and the list are given the
 * fixture's folder before each of them. Plain files take any value, so a pool that stays short, and one that fills
 * slowly, are told by a stand-in for `cat`; `sleep` is one that only counts.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bootScript } from "../../../provider/host-tuning/boot-unit";
import { fixtureRoot, type FixtureRoot } from "../../support/fixture-root";
import { shells } from "../../support/fixture-root/shells";
import { eightCpuHost, governorFile, poolFile } from "../../support/tuned-host/fixture";

let host: FixtureRoot;
let bin: string;
beforeEach(() => {
  host = fixtureRoot(eightCpuHost);
  bin = mkdtempSync(join(tmpdir(), "boot-script-"));
  standIn("sleep", `echo "$1" >> ${join(bin, "slept")}`);
});
afterEach(() => {
  host.remove();
  rmSync(bin, { recursive: true });
});

function standIn(command: string, text: string): void {
  writeFileSync(join(bin, command), `#!/bin/sh\n${text}\n`);
  chmodSync(join(bin, command), 0o755);
}

function boot(
  lines: readonly string[],
  [command = "sh", ...first]: readonly string[] = ["sh"],
  cpu: readonly string[] = [],
) {
  const rooted = (text: string): string => text.replaceAll(/(?<=^|[ <>])\/(?=sys|proc|etc)/gm, `${host.root}/`);
  host.write({ "/etc/kvm-tuning/boot-values": rooted(lines.map((line) => `${line}\n`).join("")) });
  const ran = spawnSync(command, [...first, "-c", rooted(bootScript), "apply-boot-values", ...cpu], {
    encoding: "utf8",
    // bash reads .bashrc when its input is a socket.
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: `${bin}:${process.env["PATH"] ?? ""}` },
  });
  return { exit: ran.status, stderr: ran.stderr.replaceAll(host.root, "") };
}
const slept = (): number => {
  try {
    return readFileSync(join(bin, "slept"), "utf8").split("\n").length - 1;
  } catch {
    return 0;
  }
};

test.each(shells)("writes every value and is content (%s)", (_name, shell) => {
  const lines = [
    "# a comment",
    "",
    `${governorFile(0)} performance`,
    `${poolFile(0)} 128`,
    `${governorFile(7)} powersave`,
  ];
  expect(boot(lines, shell)).toEqual({ exit: 0, stderr: "" });
  expect([governorFile(0), poolFile(0), governorFile(7), governorFile(1)].map((path) => host.read(path))).toEqual([
    "performance\n",
    "128\n",
    "powersave\n",
    "schedutil\n",
  ]);
  expect(slept()).toBe(0);
});

test.each(shells)(
  "a pool that stays short fails the unit with the numbers, and the rest is written (%s)",
  (_name, shell) => {
    standIn("cat", 'case $1 in */node0/*/nr_hugepages) echo 51 ;; *) exec /bin/cat "$@" ;; esac');
    const ran = boot([`${poolFile(0)} 64`, `${governorFile(0)} performance`], shell);
    expect(ran).toEqual({ exit: 1, stderr: `${poolFile(0)}: wanted 64, has 51\n` });
    expect(host.read(governorFile(0))).toBe("performance\n");
    expect(host.read("/proc/sys/vm/compact_memory")).toBe("1\n");
    expect(slept()).toBe(4);
  },
);

test("a pool that fills at the third attempt is content", () => {
  standIn("cat", `echo >> ${bin}/asked; [ "$(wc -l < ${bin}/asked)" -lt 3 ] && echo 51 || exec /bin/cat "$@"`);
  expect(boot([`${poolFile(0)} 64`])).toEqual({ exit: 0, stderr: "" });
  expect(slept()).toBe(2);
});

test.each(shells)("a governor that another service holds fails the unit at the first attempt (%s)", (_name, shell) => {
  standIn("cat", "echo ondemand");
  const ran = boot([`${governorFile(0)} performance`], shell);
  expect(ran).toEqual({ exit: 1, stderr: `${governorFile(0)}: wanted performance, has ondemand\n` });
  expect(slept()).toBe(0);
});

test.each(shells)(
  "waits 30 seconds in all for what never comes, names each, and writes the rest (%s)",
  (_name, shell) => {
    const ran = boot([`${governorFile(90)} performance`, `${governorFile(91)} performance`, `${poolFile(1)} 3`], shell);
    expect(ran.exit).toBe(1);
    expect(ran.stderr).toContain(`${governorFile(90)}: wanted performance, has `);
    expect(ran.stderr).toContain(`${governorFile(91)}: wanted performance, has `);
    expect(host.read(poolFile(1))).toBe("3\n");
    expect(slept()).toBe(30);
  },
);

/** As the kernel reads back a choice: all words, that which was written last in brackets. */
const choices = `case $1 in
  */transparent_hugepage/*)
    was=$(/bin/cat "$1")
    for word in always madvise never; do [ "$word" = "$was" ] && printf '[%s] ' $word || printf '%s ' $word; done ;;
  *) exec /bin/cat "$@" ;;
esac`;
const thp = "/sys/kernel/mm/transparent_hugepage/enabled";

test.each(shells)("a choice is as wanted when its word is the one in brackets (%s)", (_name, shell) => {
  host.write({ [thp]: "always\n" });
  standIn("cat", choices);
  expect(boot([`${thp} madvise`], shell)).toEqual({ exit: 0, stderr: "" });
  expect(host.read(thp)).toBe("madvise\n");
});

test.each(shells)("a choice that the kernel does not take fails the unit (%s)", (_name, shell) => {
  host.write({ [thp]: "always\n" });
  standIn("cat", "echo '[always] madvise never'");
  const ran = boot([`${thp} madvise`], shell);
  expect(ran).toEqual({ exit: 1, stderr: `${thp}: wanted madvise, has [always] madvise never\n` });
});

test.each(shells)("an interrupt that will not move is named and no failure (%s)", (_name, shell) => {
  const irq = "/proc/irq/24/smp_affinity_list";
  host.write({ [irq]: "4\n", "/proc/irq/default_smp_affinity": "ff\n" });
  standIn("cat", 'case $1 in */24/*) echo 4 ;; *) exec /bin/cat "$@" ;; esac');
  const lines = [`${irq} 0-1`, "/proc/irq/default_smp_affinity 0f"];
  expect(boot(lines, shell)).toEqual({ exit: 0, stderr: `${irq}: wanted 0-1, has 4\n` });
  expect(host.read("/proc/irq/default_smp_affinity")).toBe("0f\n");
});

test("a driver that comes while it waits is served", () => {
  const late = host.path("/sys/late");
  standIn("sleep", `echo x >> ${join(bin, "slept")}; [ "$(wc -l < ${join(bin, "slept")})" -lt 3 ] || echo > ${late}`);
  expect(boot(["/sys/late 5"])).toEqual({ exit: 0, stderr: "" });
  expect(host.read("/sys/late")).toBe("5\n");
  expect(slept()).toBe(3);
});

const onlineFile = (id: number): string => `/sys/devices/system/cpu/cpu${id}/online`;
const latencyFile = (id: number): string => `/sys/devices/system/cpu/cpu${id}/power/pm_qos_resume_latency_us`;
const stateFile = (id: number): string => `/sys/devices/system/cpu/cpu${id}/cpuidle/state2/disable`;

test.each(shells)("passes over a CPU that is offline, without waiting for its files (%s)", (_name, shell) => {
  host.write({ [onlineFile(1)]: "1\n", [onlineFile(90)]: "0\n" });
  const lines = [0, 1, 90].map((id) => `${governorFile(id)} performance`);
  expect(boot(lines, shell)).toEqual({ exit: 0, stderr: "" });
  expect([0, 1].map((id) => host.read(governorFile(id)))).toEqual(["performance\n", "performance\n"]);
  expect(slept()).toBe(0);
});

test.each(shells)("given a CPU, writes all lines of that CPU and no other (%s)", (_name, shell) => {
  host.write({ [onlineFile(1)]: "1\n", [latencyFile(1)]: "0\n", [latencyFile(10)]: "0\n", [stateFile(1)]: "0\n" });
  const lines = [
    ...[1, 0, 7].map((id) => `${governorFile(id)} performance`),
    `${latencyFile(1)} n/a`,
    `${latencyFile(10)} n/a`,
    `${stateFile(1)} 1`,
    `${poolFile(0)} 128`,
    "/sys/devices/system/cpu/smt/control off",
  ];
  expect(boot(lines, shell, ["cpu1"])).toEqual({ exit: 0, stderr: "" });
  const paths = [governorFile(1), latencyFile(1), stateFile(1), governorFile(0), latencyFile(10), poolFile(0)];
  expect(paths.map((path) => host.read(path))).toEqual(["performance\n", "n/a\n", "1\n", "schedutil\n", "0\n", "0\n"]);
});

test("a CPU that went offline again gets nothing, which is no failure", () => {
  host.write({ [onlineFile(1)]: "0\n" });
  expect(boot([`${governorFile(1)} performance`], ["sh"], ["cpu1"])).toEqual({ exit: 0, stderr: "" });
  expect(host.read(governorFile(1))).toBe("schedutil\n");
});
