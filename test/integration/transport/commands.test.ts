import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { connect } from "../../../provider/transport/transports";
import type { Transport } from "../../../provider/transport/transport";
import { canary, startSshHost, type SshHost, type SshHostOptions } from "../../support/ssh-host";
import { failureOf, until } from "../../support/transport-failure";

/* Both transports, by the same tests. */
describe.each(["ssh2", "openssh"] as const)("%s", (kind) => {
  /** openssh puts a frame around it, which says the exit code. */
  const sent = (line: string): unknown =>
    kind === "ssh2" ? line : expect.stringMatching(/^sh -c 'sh -c "\$2"; .* kvm-tuning \S+kvm-tuning [0-9a-f]{24} ' /);
  const opened: { host: SshHost; transport: Transport }[] = [];

  async function open(options: SshHostOptions = {}, user = "root"): Promise<{ host: SshHost; transport: Transport }> {
    const host = await startSshHost(options);
    const transport = await connect(host.connection({ user, dialErrorLimit: 1, transport: kind }));
    opened.push({ host, transport });
    return { host, transport };
  }

  afterEach(async () => {
    for (const { host, transport } of opened.splice(0)) {
      transport.close();
      await host.close();
    }
  });

  describe("exec", () => {
    test("returns exit code, stdout and stderr as they are", async () => {
      const { transport } = await open();
      const argv = ["sh", "-c", "printf 'out\\n\\n'; printf err >&2; exit 3"];
      expect(await transport.exec({ argv })).toEqual({ exitCode: 3, stdout: "out\n\n", stderr: "err" });
    });

    test("sends stdin and closes it", async () => {
      const { transport, host } = await open();
      expect(await transport.exec({ argv: ["cat"], stdin: "größe\n" })).toEqual({
        exitCode: 0,
        stdout: "größe\n",
        stderr: "",
      });
      expect(host.execs[0]?.stdin).toBe("größe\n");
    });

    test("closes stdin when there is nothing to send: a command that reads does not hang", async () => {
      const { transport } = await open();
      expect((await transport.exec({ argv: ["cat"], timeoutSeconds: 5 })).stdout).toBe("");
    });

    test("carries four megabytes of stdin and of output whole", async () => {
      const { transport } = await open();
      const text = "0123456789abcdef".repeat(256 * 1024);
      const { stdout } = await transport.exec({ argv: ["cat"], stdin: text });
      expect(stdout === text).toBe(true);
    });

    test("a command that ends without reading its stdin is no error", async () => {
      const { transport } = await open();
      expect((await transport.exec({ argv: ["true"], stdin: "x".repeat(100_000) })).exitCode).toBe(0);
    });

    test("gives 128 and the signal's number when a signal ended the command", async () => {
      const { transport } = await open();
      const { exitCode } = await transport.exec({ argv: ["sh", "-c", "kill -9 $$"] });
      expect(exitCode).toBe(137);
    });

    test("hands over every argument unchanged, whatever it holds", async () => {
      const { transport } = await open();
      const odd = [
        "",
        " ",
        "a b",
        "'",
        '"',
        "it's",
        "\\",
        "\\'",
        "$HOME",
        "`id`",
        "*",
        "~",
        "#",
        "-n",
        "a\nb\n",
        "größe→🦀",
        "\t",
      ];
      const { stdout } = await transport.exec({ argv: ["printf", "%s\\0", ...odd] });
      expect(stdout.split("\0")).toEqual([...odd, ""]);
    });

    test("runs in the C locale, without a terminal", async () => {
      const { transport } = await open({ env: { LANG: "de_DE.UTF-8", LC_MESSAGES: "de_DE.UTF-8" } });
      const script = 'echo "$LC_ALL"; if [ -t 0 ] || [ -t 1 ]; then echo tty; else echo none; fi';
      expect((await transport.exec({ argv: ["sh", "-c", script] })).stdout).toBe("C\nnone\n");
    });

    test("sees the fixture and its stand-ins first on PATH", async () => {
      const root = mkdtempSync(join(tmpdir(), "fixture-"));
      writeFileSync(join(root, "systemctl"), '#!/bin/sh\necho "stand-in $* for $KVM_TUNING_ROOT"\n', { mode: 0o755 });
      const { transport } = await open({ root, bin: root });
      const { stdout } = await transport.exec({ argv: ["systemctl", "daemon-reload"] });
      expect(stdout).toBe(`stand-in daemon-reload for ${root}\n`);
      rmSync(root, { recursive: true });
    });

    test("leaves a login shell's noise in stdout, for the reader to frame, and is not disturbed by a banner", async () => {
      const { transport } = await open({ banner: "Authorized use only!\n", noise: "Welcome to kvm-01\n" });
      expect((await transport.exec({ argv: ["echo", "out"] })).stdout).toBe("Welcome to kvm-01\nout\n");
    });

    test("waits for a slow host", async () => {
      const { transport } = await open({ latencyMilliseconds: 300 });
      expect((await transport.exec({ argv: ["echo", "late"], timeoutSeconds: 5 })).stdout).toBe("late\n");
    });
  });

  describe("exec's limits", () => {
    test("cuts off a command at its time limit and says how long and which", async () => {
      const { transport } = await open();
      const error = await failureOf(transport.exec({ argv: ["sleep", "30"], timeoutSeconds: 0.2 }));
      expect(error.failure).toBe("timeout");
      expect(error.message).toBe(
        `${transport.endpoint}: \`sleep 30\` did not end within 0.2 s and was cut off. It may still be running on the ` +
          "host: look there with `ps` before the next run.",
      );
      expect((await transport.exec({ argv: ["echo", "next"] })).stdout).toBe("next\n");
    });

    test("cuts off a command that the host never answers", async () => {
      const { transport, host } = await open();
      host.fault(1, { kind: "noAnswer" });
      expect((await failureOf(transport.exec({ argv: ["true"], timeoutSeconds: 0.2 }))).failure).toBe("timeout");
    });

    test("cuts off output above the limit, both streams together, and keeps none of it", async () => {
      const { transport } = await open();
      const argv = ["sh", "-c", "printf 12345; printf 67890 >&2; sleep 5"];
      const error = await failureOf(transport.exec({ argv, maxOutputBytes: 9 }));
      expect(error.failure).toBe("output");
      expect(error.message).toContain("printed more than 9 bytes and was cut off");
      const whole = await transport.exec({ argv: ["sh", "-c", "printf 12345; printf 67890 >&2"], maxOutputBytes: 10 });
      expect(whole).toEqual({ exitCode: 0, stdout: "12345", stderr: "67890" });
    });

    test("stops an endless writer at the default limit of 16 MiB", async () => {
      const { transport } = await open();
      const error = await failureOf(transport.exec({ argv: ["yes"] }));
      expect(error.message).toContain("printed more than 16777216 bytes");
    });

    test("runs at most eight commands at a time on a connection, all of which finish", async () => {
      const { transport, host } = await open({ maxSessions: 10 });
      const all = Array.from({ length: 30 }, (_, i) =>
        transport.exec({ argv: ["sh", "-c", `sleep 0.05; echo ${String(i)}`] }),
      );
      const results = await Promise.all(all);
      expect(results.map((result) => result.stdout)).toEqual(Array.from({ length: 30 }, (_, i) => `${String(i)}\n`));
      expect(host.busiest).toBe(8);
      expect(host.connections).toBe(1);
    });
  });

  describe("a dropped connection", () => {
    test.each(["start", "output", "end"] as const)(
      "at the command's %s: says that it may have finished",
      async (at) => {
        const { transport, host } = await open();
        host.fault("echo", { kind: "drop", at });
        // The frame is output too: what has come whole has ended, whatever becomes of the connection.
        if (kind === "openssh" && at === "end") {
          expect((await transport.exec({ argv: ["echo", "done"] })).stdout).toBe("done\n");
          return;
        }
        const error = await failureOf(transport.exec({ argv: ["echo", "done"] }));
        expect(error.failure).toBe("connectionLost");
        expect(error.message).toBe(
          `${transport.endpoint}: the connection was lost while \`echo done\` ran. It may have finished on the host, or may ` +
            "still be running. Check that the host is up and run again: each run reads the host first.",
        );
        expect(transport.closed).toBe(true);
      },
    );

    test("fails all commands that run and all that wait", async () => {
      const { transport, host } = await open();
      const all = Array.from({ length: 12 }, () => failureOf(transport.exec({ argv: ["sleep", "20"] })));
      await until(() => host.execs.length === 8);
      host.dropConnections();
      expect((await Promise.all(all)).map((error) => error.failure)).toEqual(Array(12).fill("connectionLost"));
    });

    test("a command that is asked for afterwards never ran, and says so", async () => {
      const { transport, host } = await open();
      host.dropConnections();
      await until(() => transport.closed);
      const error = await failureOf(transport.exec({ argv: ["true"] }));
      expect(error.message).toBe(`${transport.endpoint}: the connection is closed: nothing was run.`);
      expect(host.execs).toEqual([]);
    });

    test("a power cut ends the command on the host as well", async () => {
      const { transport, host } = await open();
      const file = join(mkdtempSync(join(tmpdir(), "power-")), "written");
      host.fault(1, { kind: "powerCut", afterMilliseconds: 100 });
      await failureOf(transport.exec({ argv: ["sh", "-c", `echo first > ${file}; sleep 1; echo second >> ${file}`] }));
      await new Promise((resolve) => setTimeout(resolve, 1200));
      expect(readFileSync(file, "utf8")).toBe("first\n");
    });
  });

  describe("a host that refuses to run commands", () => {
    test("names ForceCommand when the exec request is refused", async () => {
      const { transport, host } = await open();
      host.fault(1, { kind: "refuse" });
      // ssh keeps the refusal to itself, and this server does not close the channel then: the time limit ends it.
      if (kind === "openssh") {
        expect((await failureOf(transport.exec({ argv: ["true"], timeoutSeconds: 0.5 }))).failure).toBe("timeout");
        return;
      }
      const error = await failureOf(transport.exec({ argv: ["true"] }));
      expect(error.failure).toBe("commandFailed");
      expect(error.message).toContain("refused to run `true`: the host refused to run it. Check ForceCommand");
    });

    test("names MaxSessions when no session can be opened", async () => {
      const { transport } = await open({ maxSessions: 0 });
      const error = await failureOf(transport.exec({ argv: ["true"] }));
      expect(error.failure).toBe("commandFailed");
      expect(error.message).toContain("Check MaxSessions in sshd_config (this program uses 8 at most)");
    });
  });

  describe("sudo", () => {
    test("root's commands do not use it", async () => {
      const { transport, host } = await open({ sudo: "password" });
      await transport.exec({ argv: ["true"] });
      expect(host.execs.map((exec) => exec.command)).toEqual([sent("env LC_ALL=C true")]);
    });

    test("another user's commands run through sudo -n", async () => {
      const { transport, host } = await open({}, "ops");
      expect((await transport.exec({ argv: ["sh", "-c", "cat; exit 4"], stdin: "in" })).stdout).toBe("in");
      expect(host.execs.map((exec) => exec.command)).toEqual([
        sent("env LC_ALL=C sudo -n env LC_ALL=C sh -c 'cat; exit 4'"),
      ]);
    });

    test.each([
      ["password", "sudo asks for a password. Add this line"],
      ["denied", "sudo does not let ops run commands as root. Add this line"],
      ["absent", "sudo is not installed. Install it, or log in as root"],
    ] as const)("%s: says so and how to mend it", async (sudo, text) => {
      const { transport } = await open({ sudo }, "ops");
      for (const error of [
        await failureOf(transport.exec({ argv: ["cat", "/proc/cmdline"] })),
        await failureOf(transport.hold({ argv: ["cat", "/proc/cmdline"] })),
      ]) {
        expect(error.failure).toBe("sudo");
        expect(error.message).toContain(`${transport.endpoint}: cannot run \`cat /proc/cmdline\` as root: ${text}`);
        if (sudo !== "absent") expect(error.message).toContain("\n  ops ALL=(root) NOPASSWD: ALL\n");
      }
    });
  });

  describe("hold", () => {
    const locked = ["sh", "-c", "echo 'locked by me'; cat > /dev/null; echo bye > \"$KVM_TUNING_ROOT/end\""];

    test("gives the first line, keeps the command running, and ends it by closing its input", async () => {
      const { transport, host } = await open();
      const held = await transport.hold({ argv: locked, timeoutSeconds: 0.3 });
      expect(held.firstLine).toBe("locked by me");
      await new Promise((resolve) => setTimeout(resolve, 500)); // past the time limit, which is for the first line
      expect(host.execs[0]?.exitCode).toBeUndefined();
      expect((await transport.exec({ argv: ["echo", "meanwhile"] })).stdout).toBe("meanwhile\n");
      expect(held.ended).toBe(false);
      await held.release();
      expect(host.execs[0]?.exitCode).toBe(0);
      expect(held.ended).toBe(true);
      await held.release();
    });

    test("passes over a login shell's noise to the line that starts with the marker", async () => {
      const { transport } = await open({ noise: "Welcome to kvm-01\nlast login: today\n" });
      const held = await transport.hold({ argv: locked, marker: "locked" });
      expect(held.firstLine).toBe("locked by me");
      await held.release();
    });

    test("sends stdin and leaves it open", async () => {
      const { transport } = await open();
      const held = await transport.hold({ argv: ["sh", "-c", 'IFS= read -r l; echo "got $l"; cat'], stdin: "größe\n" });
      expect(held.firstLine).toBe("got größe");
      await held.release();
    });

    test("a command that ends before its first line fails with exit code and stderr", async () => {
      const { transport } = await open();
      const error = await failureOf(transport.hold({ argv: ["sh", "-c", "echo 'held by another' >&2; exit 75"] }));
      expect(error.failure).toBe("commandFailed");
      expect(error.message).toContain("ended with exit code 75 before it was ready. held by another");
    });

    test("without a first line in time it is cut off", async () => {
      const { transport } = await open();
      const error = await failureOf(transport.hold({ argv: ["cat"], timeoutSeconds: 0.2 }));
      expect(error.failure).toBe("timeout");
    });

    test("release does not throw after the connection was lost", async () => {
      const { transport, host } = await open();
      const held = await transport.hold({ argv: locked });
      host.dropConnections();
      await until(() => held.ended);
      await expect(held.release()).resolves.toBeUndefined();
    });

    test("a lost connection ends the command on the host: a lock is never left behind", async () => {
      const { transport, host } = await open();
      await transport.hold({ argv: locked });
      host.dropConnections();
      await until(() => host.execs[0]?.exitCode === 0);
    });
  });

  test("no error shows what was sent on stdin, or more than 200 characters of a command", async () => {
    const { transport, host } = await open({ sudo: "password" }, "ops");
    const secret = canary("stdin");
    host.fault(2, { kind: "drop", at: "start" });
    const argv = ["sh", "-c", `true ${"x".repeat(300)} ${canary("argv")}`];
    const texts: string[] = [];
    texts.push((await failureOf(transport.exec({ argv, stdin: secret }))).message);
    texts.push((await failureOf(transport.exec({ argv, stdin: secret }))).message);
    texts.push((await failureOf(transport.exec({ argv, stdin: secret }))).message);
    expect(texts.join("\n")).not.toContain("CANARY");
    expect(Math.max(...texts.map((text) => text.length))).toBeLessThan(600);
  });
});
