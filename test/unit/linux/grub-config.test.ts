import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readGrubMenu, type GrubEntry } from "../../../provider/linux/grub-config";
import { parseGrubEnvironment } from "../../../provider/linux/grub-environment";
import { grubMenuLines, grubSecretLines } from "../../../provider/linux/grub-lines";
import { GrubScriptError } from "../../../provider/linux/grub-script";

const fixture = (name: string) => readFileSync(join(__dirname, "../../fixtures/grub", name), "utf8");
const uuid = "8f3a1c52-1b2c-4d3e-9f40-5a6b7c8d9e0f";
const advanced = `gnulinux-advanced-${uuid}`;
const old = `gnulinux-6.1.0-55-amd64-advanced-${uuid}`;
const debian = fixture("debian-12-isolated.cfg"); // GRUB_DEFAULT=saved
const ubuntu = fixture("ubuntu-22.04-cloud.cfg");

const environment = (...lines: string[]) =>
  parseGrubEnvironment(`# GRUB Environment Block\n${lines.map((line) => `${line}\n`).join("")}`.padEnd(1024, "#"));
const name = (entry: GrubEntry | undefined) => entry && [...entry.submenus, entry.title].join(" > ");

describe("a menu that Debian 12 generated", () => {
  test("has each kernel's entries, submenus unfolded, with the kernel's line", () => {
    const { entries } = readGrubMenu({ config: debian });
    expect(entries.map((entry) => entry.title)).toEqual([
      "Debian GNU/Linux",
      "Debian GNU/Linux, with Linux 6.1.0-56-amd64",
      "Debian GNU/Linux, with Linux 6.1.0-56-amd64 (recovery mode)",
      "Debian GNU/Linux, with Linux 6.1.0-55-amd64",
      "Debian GNU/Linux, with Linux 6.1.0-55-amd64 (recovery mode)",
    ]);
    expect(entries[2]).toMatchObject({
      title: "Debian GNU/Linux, with Linux 6.1.0-56-amd64 (recovery mode)",
      id: `gnulinux-6.1.0-56-amd64-recovery-${uuid}`,
      submenus: ["Advanced options for Debian GNU/Linux"],
      kernel: "/vmlinuz-6.1.0-56-amd64",
      kernelLine: "root=/dev/vda1 ro single isolcpus=managed_irq,domain,2-7 nohz_full=2-7",
      words: ["root=/dev/vda1", "ro", "single", "isolcpus=managed_irq,domain,2-7", "nohz_full=2-7"],
      unrestricted: false,
    });
  });

  const sub = "Advanced options for Debian GNU/Linux";
  const linux = (version: string) => `Debian GNU/Linux, with Linux ${version}`;
  test.each<[string, string[], string]>([
    ["no saved entry: the first", [], "Debian GNU/Linux"],
    ["a path of ids", [`saved_entry=${advanced}>${old}`], `${sub} > ${linux("6.1.0-55-amd64")}`],
    ["a path of titles", [`saved_entry=${sub}>${linux("6.1.0-55-amd64")}`], `${sub} > ${linux("6.1.0-55-amd64")}`],
    ["a path of numbers", ["saved_entry=1>2"], `${sub} > ${linux("6.1.0-55-amd64")}`],
    ["a submenu alone: its first entry", ["saved_entry=1"], `${sub} > ${linux("6.1.0-56-amd64")}`],
  ])("default: %s", (_, lines, want) => {
    const menu = readGrubMenu({ config: debian, environment: environment(...lines) });
    expect(name(menu.default)).toBe(want);
    expect(menu.nextOnly).toBeUndefined();
    expect(menu.doubts).toEqual([]);
  });

  test("a default that names no entry is the first, and a doubt", () => {
    const menu = readGrubMenu({ config: debian, environment: environment("saved_entry=gone") });
    expect(name(menu.default)).toBe("Debian GNU/Linux");
    expect(menu.doubts).toEqual(['GRUB\'s default "gone" names no entry: GRUB takes the first']);
  });

  test("grub-reboot's entry is the next only, the default stays", () => {
    const menu = readGrubMenu({ config: debian, environment: environment("saved_entry=0", "next_entry=1>2") });
    expect(name(menu.nextOnly)).toBe(`${sub} > ${linux("6.1.0-55-amd64")}`);
    expect(name(menu.default)).toBe("Debian GNU/Linux");
  });
});

describe("a menu that an Ubuntu cloud image generated", () => {
  test("takes the branch that GRUB would take", () => {
    const first = "root=PARTUUID=3c2b1a09-02 ro console=tty1 console=ttyS0";
    expect(readGrubMenu({ config: ubuntu }).default?.kernelLine).toBe(`${first} panic=-1`);
    const failed = readGrubMenu({ config: ubuntu, environment: environment("initrdfail=1") });
    expect(failed.default?.kernelLine).toBe(first);
  });

  test("an entry of the admin's boots no Linux", () => {
    expect(readGrubMenu({ config: ubuntu }).entries.at(-1)).toMatchObject({
      title: "Rescue > disk",
      id: "rescue",
      submenus: [],
      kernel: undefined,
      kernelLine: undefined,
    });
  });

  test("custom.cfg beside it belongs to it", () => {
    const custom = 'menuentry "Mine" { linux /vmlinuz root=/dev/sda1 x="a b" }\nset default=Mine\n';
    const menu = readGrubMenu({ config: ubuntu, custom });
    expect(name(menu.default)).toBe("Mine");
    expect(menu.default?.kernelLine).toBe('root=/dev/sda1 "x=a b"');
  });
});

describe("words of a linux line reach the kernel as GRUB's loader writes them", () => {
  const line = (words: string) => readGrubMenu({ config: `menuentry x {\nlinux /v ${words}\n}` }).default?.kernelLine;
  test.each([
    ["a  b\tc", "a b c"],
    ['dyndbg="file x +p"', '"dyndbg=file x +p"'],
    ["'a b'", '"a b"'],
    ["a\\ b", '"a b"'],
    ["cost=\\$5 $nothing ${nothing} end", "cost=$5 end"],
    ["x=$nothing", "x="],
    ['"a\\"b"', 'a\\"b'],
    ["a\\\n b # no comment", "a b"],
    ["a#b ''", "a#b "],
  ])("%j", (words, want) => {
    expect(line(words)).toBe(want);
  });
});

test.each([
  ["menuentry x {", '"}" expected'],
  ["if true; then\n", '"fi" expected'],
  ["}", 'unexpected "}"'],
  ["echo 'a", "a single quote is not closed"],
  ['echo "a', "a double quote is not closed"],
])("refuses %j", (config, message) => {
  expect(() => readGrubMenu({ config })).toThrow(GrubScriptError);
  expect(() => readGrubMenu({ config })).toThrow(message);
});

test("says so when the default hangs on what cannot be known, or entries come from elsewhere", () => {
  const button = 'if cmostest 55:1 ; then\nset default="1"\nelse\nset default="0"\nfi\nblscfg\nsource /x.cfg\n';
  const { doubts, default: entry } = readGrubMenu({ config: button });
  expect(entry).toBeUndefined();
  expect(doubts).toEqual([
    'GRUB\'s default depends on "cmostest 55:1", taken to be false',
    "grub.cfg takes its entries from boot loader specification files (blscfg)",
    "grub.cfg reads /x.cfg, which was not read",
  ]);
});

describe("the lines that leave a host", () => {
  const posix = (pattern: string) => new RegExp(pattern.replaceAll("[:space:]", "\\s"), "");
  const kept = (text: string) =>
    text
      .split("\n")
      .filter((one) => posix(grubMenuLines).test(one) && !new RegExp(grubSecretLines, "i").test(one))
      .join("\n");

  test.each(["debian-12-isolated.cfg", "debian-12-stock.cfg", "ubuntu-22.04-cloud.cfg"])(
    "give the menu of %s",
    (file) => {
      const whole = fixture(file);
      expect(readGrubMenu({ config: kept(whole) })).toEqual(readGrubMenu({ config: whole }));
      expect(kept(whole).length).toBeLessThan(whole.length * 0.75);
    },
  );

  test("hold no password and no hash", () => {
    expect(ubuntu).toContain("grub.pbkdf2.sha512");
    expect(kept(ubuntu)).not.toMatch(/pbkdf2|0123456789ABCDEF/);
    expect(kept("if true; then password root secret; fi\nset pw=grub.PBKDF2.x\n\tpassword_pbkdf2 a b")).toBe("");
  });
});
