import { execFileSync } from "node:child_process";
import fc from "fast-check";

import { commandLine, shellQuote, shownCommand } from "../../../provider/transport/shell-quote";

describe("shellQuote", () => {
  test.each([
    ["plain", "plain"],
    ["/etc/default/grub.d/zz-kvm-tuning.cfg", "/etc/default/grub.d/zz-kvm-tuning.cfg"],
    ["--no-pager", "--no-pager"],
    ["LC_ALL=C", "LC_ALL=C"],
    ["=ls", "'=ls'"],
    ["", "''"],
    ["two words", "'two words'"],
    ["it's", "'it'\\''s'"],
    ["'", "\\'"],
    ["a\\b", "'a'\\\\'b'"],
    ["$(reboot)", "'$(reboot)'"],
    ["`reboot`; reboot & reboot | reboot", "'`reboot`; reboot & reboot | reboot'"],
    ["~root", "'~root'"],
    ["*.conf", "'*.conf'"],
    ["#no comment", "'#no comment'"],
    ["%self", "'%self'"],
    ["line one\nline two", "'line one\nline two'"],
    ["größe", "'größe'"],
  ])("%j becomes %j", (argument, quoted) => {
    expect(shellQuote(argument)).toBe(quoted);
  });

  test("refuses a NUL character, which no argument can hold", () => {
    expect(() => shellQuote("a\0b")).toThrow("an argument of a command cannot hold a NUL character");
  });

  test("a real sh reads back every argument as it was", () => {
    const argument = fc.string({ unit: "binary" }).filter((text) => !text.includes("\0") && text.isWellFormed());
    fc.assert(
      fc.property(fc.array(argument, { minLength: 1, maxLength: 5 }), (argv) => {
        const line = `printf '%s\\0' ${argv.map(shellQuote).join(" ")}`;
        expect(execFileSync("/bin/sh", ["-c", line], { encoding: "utf8" })).toBe(
          argv.map((each) => `${each}\0`).join(""),
        );
      }),
      { numRuns: 60 },
    );
  });

  // fish reads `\\` and `\'` within single quotes as one character, so a backslash may not stand there.
  test("puts no backslash within single quotes", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const quoted = shellQuote(text.replaceAll("\0", ""));
        expect(
          quoted
            .replaceAll(/\\['\\]/g, "")
            .match(/'[^']*'/g)
            ?.join("") ?? "",
        ).not.toContain("\\");
      }),
    );
  });
});

describe("commandLine", () => {
  test("runs root's commands in the C locale", () => {
    expect(commandLine(["cat", "/proc/cmdline"], "root")).toBe("env LC_ALL=C cat /proc/cmdline");
  });

  test("runs another user's through sudo, which speaks English too", () => {
    expect(commandLine(["cat", "/proc/cmdline"], "ops")).toBe("env LC_ALL=C sudo -n env LC_ALL=C cat /proc/cmdline");
  });
});

describe("shownCommand", () => {
  test("shows a short command as it is", () => {
    expect(shownCommand(["systemctl", "daemon-reload"])).toBe("systemctl daemon-reload");
  });

  test("shows one line of at most 200 characters", () => {
    const shown = shownCommand(["sh", "-c", "a\nb\n".repeat(200)]);
    expect(shown).toBe(`sh -c '${"a b ".repeat(49).slice(0, 193)}…`);
    expect(shown).toHaveLength(201);
  });
});
