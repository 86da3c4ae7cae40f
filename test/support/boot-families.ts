/*
 * File trees as hosts of each family of boot loaders have them, and stand-ins for the loaders' commands: fakes that do in
 * simple code what the real ones do.
 */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Fixture, FixtureRoot } from "./fixture-root";
import { grubEditenv, grubScriptCheck } from "./grub-host/stand-ins";

const mkconfig = `#!/bin/sh
[ "$1" = -o ] || exit 2
. "$KVM_TUNING_ROOT/etc/default/grub"
{
  echo "set default=\\"0\\""
  for kernel in 6.4.0-150600.23 6.4.0-150600.21; do
    echo "menuentry 'SLES $kernel' --class os --id 'gnulinux-$kernel-advanced-1' {"
    echo "	linux /boot/vmlinuz-$kernel root=UUID=1 ro $GRUB_CMDLINE_LINUX $GRUB_CMDLINE_LINUX_DEFAULT"
    echo '}'
  done
} > "$2"
`;

const osRelease = (text: string): Fixture => ({ "/etc/os-release": text });
const grubStarted = { "/proc/cmdline": "BOOT_IMAGE=(hd0,gpt2)/vmlinuz root=UUID=1 ro quiet\n" };
const environment = (...lines: string[]): string =>
  ["# GRUB Environment Block", ...lines, ""].join("\n").padEnd(1024, "#");

const menu = (kernels: readonly string[], words: string): string =>
  kernels
    .map(
      (one) => `menuentry 'SLES ${one}' --id gnulinux-${one}-advanced-1 {\n\tlinux /boot/vmlinuz-${one} ${words}\n}\n`,
    )
    .join("");

const blsConfig = `set default="\${saved_entry}"\nif [ "\${next_entry}" ] ; then\n  set default="\${next_entry}"\nfi\ninsmod blscfg\nblscfg\n`;

const machine = "0123456789abcdef0123456789abcdef";
const entryFile = (version: string): string => `/boot/loader/entries/${machine}-${version}.conf`;
const blsEntry = (version: string, options: string): string =>
  `title Red Hat Enterprise Linux (${version}) 9.4 (Plow)\nversion ${version}\nlinux /vmlinuz-${version}\ninitrd /initramfs-${version}.img $tuned_initrd\noptions ${options}\ngrub_users $grub_users\ngrub_arg --unrestricted\ngrub_class rhel\n`;

const [newer, older] = ["5.14.0-427.13.1.el9_4.x86_64", "5.14.0-362.8.1.el9_3.x86_64"];
const rhelLine = "root=/dev/mapper/rhel-root ro isolcpus=4 crashkernel=1G-4G:192M rhgb quiet $tuned_params";

export interface Family {
  readonly name: string;
  readonly tree: Fixture;
  /** A kernel that a package installs later, as that system does it: what its entry gets. */
  readonly later: (tree: FixtureRoot) => void;
}

const kernelOptions = "root=/dev/mapper/cl-root ro resume=/dev/mapper/cl-swap rhgb quiet";

export const families: readonly Family[] = [
  {
    name: "GRUB with grub2-mkconfig (SUSE, RHEL)",
    tree: {
      ...osRelease('ID="sles"\nID_LIKE="suse"\nPRETTY_NAME="SUSE Linux Enterprise Server 15 SP6"\n'),
      ...grubStarted,
      "/etc/default/grub": `# Changed by YaST\nGRUB_DEFAULT=saved\nGRUB_CMDLINE_LINUX_DEFAULT="splash=silent isolcpus=4 quiet"\nGRUB_CMDLINE_LINUX=""\n`,
      "/boot/grub2/grub.cfg": menu(["6.4.0-150600.21"], "root=UUID=1 ro splash=silent isolcpus=4 quiet"),
      "/boot/grub2/grubenv": environment(),
    },
    later: () => undefined,
  },
  {
    name: "GRUB with grub-mkconfig (Arch and others)",
    tree: {
      ...osRelease('ID=arch\nPRETTY_NAME="Arch Linux"\n'),
      ...grubStarted,
      "/etc/default/grub": `GRUB_DEFAULT=0\nGRUB_CMDLINE_LINUX_DEFAULT='loglevel=3 quiet'\n`,
      "/boot/grub/grub.cfg": menu(["linux"], "root=UUID=1 rw loglevel=3 quiet"),
      "/boot/grub/grubenv": environment(),
    },
    later: () => undefined,
  },
  {
    name: "GRUB with boot loader entries (RHEL, Fedora)",
    tree: {
      ...osRelease('ID="rhel"\nID_LIKE="fedora"\nPRETTY_NAME="Red Hat Enterprise Linux 9.4 (Plow)"\n'),
      ...grubStarted,
      "/etc/default/grub": `GRUB_DEFAULT=saved\nGRUB_CMDLINE_LINUX="crashkernel=1G-4G:192M rhgb quiet"\nGRUB_ENABLE_BLSCFG=true\n`,
      "/boot/grub2/grub.cfg": blsConfig,
      "/boot/grub2/grubenv": environment(`saved_entry=${machine}-${newer}`, "boot_success=1"),
      "/etc/kernel/cmdline": "root=/dev/mapper/rhel-root ro isolcpus=4 crashkernel=1G-4G:192M rhgb quiet\n",
      [entryFile(newer)]: blsEntry(newer, rhelLine),
      [entryFile(older)]: blsEntry(older, rhelLine),
      [entryFile("0-rescue")]: blsEntry("0-rescue", rhelLine),
    },
    later: (tree) =>
      tree.write({
        [entryFile("5.14.0-503.el9")]: blsEntry("5.14.0-503.el9", tree.read("/etc/kernel/cmdline").trim()),
      }),
  },
  {
    name: "GRUB with boot loader entries (RHEL, Fedora)",
    tree: {
      ...osRelease('ID="centos"\nID_LIKE="rhel fedora"\nPRETTY_NAME="CentOS Linux 8"\n'),
      ...grubStarted,
      "/etc/default/grub": `GRUB_DEFAULT=saved\nGRUB_CMDLINE_LINUX="rhgb quiet"\nGRUB_ENABLE_BLSCFG=true\n`,
      "/boot/grub2/grub.cfg": blsConfig,
      "/boot/grub2/grubenv": environment(`saved_entry=${machine}-4.18.0-348.el8`, `kernelopts=${kernelOptions}`),
      [entryFile("4.18.0-348.el8")]: blsEntry("4.18.0-348.el8", "$kernelopts $tuned_params"),
      [entryFile("4.18.0-305.el8")]: blsEntry("4.18.0-305.el8", "$kernelopts $tuned_params"),
    },
    later: (tree) =>
      tree.write({ [entryFile("4.18.0-553.el8")]: blsEntry("4.18.0-553.el8", "$kernelopts $tuned_params") }),
  },
  {
    name: "systemd-boot",
    tree: {
      ...osRelease('ID=debian\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'),
      "/proc/cmdline": "initrd=\\deb\\initrd root=UUID=1 ro quiet\n",
      "/proc/mounts": "/dev/vda2 / ext4 rw 0 0\n/dev/vda1 /boot/efi vfat rw,umask=0077 0 0\n",
      "/boot/efi/loader/loader.conf": "timeout 3\n",
      "/etc/kernel/cmdline": "root=UUID=1 ro quiet\n",
      "/boot/efi/loader/entries/deb-6.1.0-56.conf": {
        content:
          "title Debian\nversion 6.1.0-56\nsort-key debian\noptions root=UUID=1 ro\noptions quiet\nlinux /deb/linux\n",
        mode: 0o755,
      },
      "/boot/efi/loader/entries/deb-6.1.0-9.conf": {
        content: "title Debian\nversion 6.1.0-9\nsort-key debian\noptions root=UUID=1 ro quiet\nlinux /deb/linux.old\n",
        mode: 0o755,
      },
    },
    later: (tree) =>
      tree.write({
        "/boot/efi/loader/entries/deb-6.12.1.conf": `title Debian\nversion 6.12.1\nsort-key debian\noptions ${tree.read("/etc/kernel/cmdline").trim()}\nlinux /deb/linux.new\n`,
      }),
  },
  {
    name: "ostree (rpm-ostree)",
    tree: {
      ...osRelease('ID=fedora\nVARIANT_ID=coreos\nPRETTY_NAME="Fedora CoreOS 41"\n'),
      "/proc/cmdline":
        "BOOT_IMAGE=(hd0,gpt3)/ostree/fedora-coreos/vmlinuz ostree=/ostree/boot.1/x root=UUID=1 ro quiet\n",
      "/run/ostree-booted": "",
      "/deployment": "root=UUID=1 rw ignition.platform.id=metal isolcpus=4 quiet\n",
      "/boot/grub2/grub.cfg": blsConfig,
    },
    // A new deployment takes the arguments over.
    later: () => undefined,
  },
];

/** As rpm-ostree(1): the arguments of the next deployment are printed, or changed one by one. */
const rpmOstree = `#!/bin/sh
file=$KVM_TUNING_ROOT/deployment
shift
[ $# -gt 0 ] || { cat "$file"; exit; }
line=" $(cat "$file") "
for word; do
  case $word in
  --delete=*)
    word=\${word#--delete=}
    case $line in *" $word "*) line="\${line%%" $word "*} \${line#*" $word "}" ;; *) echo "No key '$word' found" >&2; exit 1 ;; esac ;;
  --append=*) line="$line\${word#--append=} " ;;
  esac
done
echo $line > "$file"
`;

/** Of `bootctl set-oneshot`: the variable as the firmware keeps it, four bytes of attributes before UTF-16. */
const bootctl = `#!/bin/sh
[ "$1" = set-oneshot ] || exit 2
folder=$KVM_TUNING_ROOT/sys/firmware/efi/efivars
file=$folder/LoaderEntryOneShot-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f
mkdir -p "$folder"
if [ -z "$2" ]; then rm -f "$file"
else { printf '\\007\\000\\000\\000'; printf %s "$2" | sed 's/./&\\n/g' | tr '\\n' '\\000'; printf '\\000\\000'; } > "$file"; fi
`;

/** Writes the stand-ins into a folder of commands. */
export function writeBootCommands(bin: string): void {
  const grub = { editenv: grubEditenv, "script-check": grubScriptCheck, mkconfig };
  const prefixed = ["grub", "grub2"].flatMap((prefix) =>
    Object.entries(grub).map(([name, text]) => [`${prefix}-${name}`, text] as const),
  );
  const commands = [
    ...prefixed,
    ["rpm-ostree", rpmOstree],
    ["bootctl", bootctl],
    ["systemctl", "#!/bin/sh\n"],
  ] as const;
  for (const [name, text] of commands) {
    writeFileSync(join(bin, name), text);
    chmodSync(join(bin, name), 0o755);
  }
}
