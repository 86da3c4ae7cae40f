/* Commands that make files count, by a real sh, before stand-ins for what they call. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applySystemdAffinity, restartIrqbalance } from "../../../provider/host-tuning/reload-commands";

let bin: string;
beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), "reload-"));
});
afterEach(() => rmSync(bin, { recursive: true }));

const standIn = (command: string, text: string): void =>
  writeFileSync(join(bin, command), `#!/bin/sh\n${text}\n`, { mode: 0o755 });

function run([command = "", ...args]: readonly string[]) {
  const { status, stdout } = spawnSync(command, args, {
    encoding: "utf8",
    env: { PATH: `${bin}:${process.env["PATH"] ?? ""}` },
  });
  return { exit: status, did: stdout.trim() };
}

describe("systemd's CPUs", () => {
  const affinity = (config: string) => {
    writeFileSync(join(bin, "config"), config);
    standIn("systemd-analyze", `[ "$*" = 'cat-config systemd/system.conf' ] && /bin/cat ${join(bin, "config")}`);
    standIn("taskset", 'echo "taskset $*"');
    standIn("cat", "[ $1 = /sys/devices/system/cpu/possible ] && echo 0-7");
    return run(applySystemdAffinity);
  };

  test.each([
    ["#CPUAffinity=1\n[Manager]\nLogLevel=info\n", "taskset -pc 0-7 1"],
    ["[Manager]\nCPUAffinity=0 1,4-5  6\n", "taskset -pc 0,1,4-5,6 1"],
    ["CPUAffinity=0\n CPUAffinity = 2-3 \n", "taskset -pc 0,2-3 1"],
    ["CPUAffinity=5\nCPUAffinity=\nCPUAffinity=0-1\n", "taskset -pc 0-1 1"],
    ["CPUAffinity=5\nCPUAffinity=\n", "taskset -pc 0-7 1"],
    ["CPUAffinity=numa\n", ""],
  ])("of %j: %s", (config, did) => {
    expect(affinity(config)).toEqual({ exit: 0, did });
  });

  test("nothing is guessed where the configuration cannot be read", () => {
    standIn("systemd-analyze", "exit 1");
    standIn("taskset", 'echo "taskset $*"');
    expect(run(applySystemdAffinity)).toEqual({ exit: 1, did: "" });
  });
});

describe("irqbalance", () => {
  test.each([
    ["is restarted where it is installed", { found: 0, restarted: 0 }, { exit: 0, did: "restarted" }],
    ["that does not start again is a failure", { found: 0, restarted: 1 }, { exit: 1, did: "restarted" }],
    ["that was removed is none", { found: 1, restarted: 5 }, { exit: 0, did: "" }],
  ])("%s", (_what, { found, restarted }, result) => {
    standIn(
      "systemctl",
      `case "$*" in
  "cat irqbalance.service") exit ${String(found)} ;;
  "try-restart irqbalance.service") echo restarted; exit ${String(restarted)} ;;
esac`,
    );
    expect(run(restartIrqbalance)).toEqual(result);
  });
});
