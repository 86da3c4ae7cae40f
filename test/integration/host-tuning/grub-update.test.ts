import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { grubFragmentFile } from "../../../provider/host-tuning/boot/grub-fragment";
import { debianPlace } from "../../../provider/host-tuning/boot/debian-grub";
import { generateScript } from "../../../provider/host-tuning/boot/grub-update";

const good = "menuentry 'old' {\n}\n";
let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kvm-tuning-grub-"));
  for (const folder of ["bin", "boot/grub", "etc/default/grub.d"]) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, "boot/grub/grub.cfg"), good);
  chmodSync(join(root, "boot/grub/grub.cfg"), 0o400);
  writeFileSync(join(root, grubFragmentFile), "# ours\n");
  // A file with the word BROKEN is one that grub-script-check refuses.
  command("grub-script-check", '! grep -q BROKEN "$1"');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function command(name: string, body: string): void {
  writeFileSync(join(root, "bin", name), `#!/bin/sh\ncfg=${root}/boot/grub/grub.cfg\n${body}\n`, { mode: 0o755 });
}

function update(lang = "C") {
  const env = { PATH: `${root}/bin:/usr/bin:/bin`, KVM_TUNING_ROOT: root, LC_ALL: "fr_FR.UTF-8", LANGUAGE: "fr" };
  return spawnSync("sh", ["-c", generateScript(debianPlace), "update-grub", lang, grubFragmentFile], {
    env,
    encoding: "utf8",
  });
}

const config = () => readFileSync(join(root, "boot/grub/grub.cfg"), "utf8");
const left = () => readdirSync(join(root, "boot/grub"));

test("takes what update-grub has made and leaves nothing beside it", () => {
  command("update-grub", `printf "menuentry '%s %s%s' {\\n}\\n" "$LANG" "$LC_ALL" "$LANGUAGE" > $cfg`);
  expect(update("de_DE.UTF-8").status).toBe(0);
  expect(config()).toBe("menuentry 'de_DE.UTF-8 ' {\n}\n");
  expect(left()).toEqual(["grub.cfg"]);
  expect(existsSync(join(root, grubFragmentFile))).toBe(true);
});

test.each([
  ["fails at once", "exit 3"],
  ["fails half-way through the file", "printf 'menuen' > $cfg; exit 1"],
  ["leaves an empty file and says nothing", ": > $cfg"],
  ["leaves a file that does not pass the check", `echo "menuentry BROKEN {" > $cfg`],
  ["leaves a file without entries", "echo '# nothing' > $cfg"],
  ["leaves what it refused beside the file", "echo BROKEN > $cfg.new; exit 1"],
])("when update-grub %s, grub.cfg is as before and our fragment is gone", (_, body) => {
  command("update-grub", body);
  const result = update();
  expect(result.status).toBe(1);
  expect(result.stderr).toContain("update-grub failed:");
  expect(config()).toBe(good);
  expect(statSync(join(root, "boot/grub/grub.cfg")).mode & 0o777).toBe(0o400);
  expect(left()).toEqual(["grub.cfg"]);
  expect(existsSync(join(root, grubFragmentFile))).toBe(false);
});

test("a run that was cut off in the middle of the file is mended from the copy, also when update-grub then fails", () => {
  command("update-grub", "exit 1");
  writeFileSync(join(root, "boot/grub/.grub.cfg.kvm-tuning"), good);
  rmSync(join(root, "boot/grub/grub.cfg"));
  writeFileSync(join(root, "boot/grub/grub.cfg"), "menuen");
  expect(update().status).toBe(1);
  expect(config()).toBe(good);
});

test("an old copy beside a whole file is no reason to go back", () => {
  command("update-grub", "exit 1");
  writeFileSync(join(root, "boot/grub/.grub.cfg.kvm-tuning"), "menuentry 'older' {\n}\n");
  expect(update().status).toBe(1);
  expect(config()).toBe(good);
});
