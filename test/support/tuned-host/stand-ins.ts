/*
 * Stand-ins for what a tree of plain files lacks: systemd's commands, and the little that files of the kernel do by
 * themselves. Each says that it is one, so that no test takes it for the real thing; without them the machine's own
 * would be told.
 */
import type { FixtureRoot } from "../fixture-root";

const choices = [
  ["/sys/kernel/mm/transparent_hugepage/enabled", "always madvise never"],
  ["/sys/kernel/mm/transparent_hugepage/defrag", "always defer defer+madvise madvise never"],
] as const;

/** Of a choice the kernel prints all words, with brackets around the one that was written. */
export function printChoices(tree: FixtureRoot): void {
  for (const [path, words] of choices) {
    const written = tree.has(path) ? tree.read(path).trim() : "";
    if (!words.split(" ").includes(written)) continue;
    tree.write({ [path]: `${words.replace(new RegExp(`(?<=^| )${escaped(written)}(?= |$)`), "[$&]")}\n` });
  }
}

const escaped = (text: string): string => text.replaceAll("+", "\\+");

/** Before each script that the host runs: the kernel's choices as above. Commands of a step know no fixture root. */
const sh = `#!/bin/sh
# stand-in for sh: the real one, on the fixture root
print_choice() {
  [ -e "$KVM_TUNING_ROOT$file" ] && read -r written < "$KVM_TUNING_ROOT$file" || return
  case $written in *'['*) return ;; esac
  line=
  for word; do
    [ "$word" != "$written" ] || word="[$word]"
    line="$line\${line:+ }$word"
  done
  echo "$line" > "$KVM_TUNING_ROOT$file"
}
${choices.map(([path, words]) => `file=${path}\nprint_choice ${words}`).join("\n")}
option=$1 script=$2 name=$3
case $4 in
/sys/fs/cgroup/* | /run/kvm-tuning/*)
  shift 3
  for path; do set -- "$@" "$KVM_TUNING_ROOT$path"; shift; done
  exec /bin/sh "$option" "$script" "$name" "$@"
  ;;
esac
exec /bin/sh "$@"
`;

/**
 * A unit is a file of the fixture that says whether it runs (fixture.ts, unitFile); the links in /etc/systemd/system
 * enable and mask it. A reload gives machine.slice the CPUs of our drop-in; irqbalance keeps what
 * it was started with in /run/stand-in-irqbalance. All else is noted, and nothing done.
 */
const systemctl = `#!/bin/sh
units=$KVM_TUNING_ROOT/run/stand-in-units
etc=$KVM_TUNING_ROOT/etc/systemd/system
slice=$KVM_TUNING_ROOT/sys/fs/cgroup/machine.slice
file_state() {
  if [ -L "$etc/$1" ]; then echo masked; return; fi
  for link in "$etc"/*.wants/"$1"; do if [ -L "$link" ]; then echo enabled; return; fi; done
  [ ! -e "$units/$1" ] || echo disabled
}
show() {
  load=not-found active=inactive
  if [ -e "$units/$1" ]; then load=loaded; read -r active < "$units/$1"; fi
  case $properties in
  ActiveState) echo "ActiveState=$active" ;;
  UnitFileState) echo "UnitFileState=$(file_state "$1")" ;;
  *)
    if [ $load = loaded ]; then enabled=$(file_state "$1"); else enabled=; fi
    printf 'Id=%s\\nLoadState=%s\\nActiveState=%s\\nUnitFileState=%s\\n\\n' "$1" $load "$active" "$enabled"
    ;;
  esac
}
reload() {
  cpus= all=0-7
  while IFS= read -r line; do case $line in AllowedCPUs=*) cpus=\${line#*=} ;; esac; done 2>/dev/null \\
    < "$etc/machine.slice.d/zz-kvm-tuning.conf"
  [ ! -e "$slice" ] || { echo "$cpus" > "$slice/cpuset.cpus"; echo "\${cpus:-$all}" > "$slice/cpuset.cpus.effective"; }
}
case $1 in
show)
  properties=$3; shift 3
  [ "$1" != -- ] || shift
  for unit; do show "$unit"; done
  exit
  ;;
cat) [ -e "$units/$2" ]; exit ;;
stop) [ ! -e "$units/$3" ] || echo inactive > "$units/$3" ;;
start) [ ! -e "$units/$3" ] || echo active > "$units/$3" ;;
daemon-reload) reload ;;
try-restart)
  # What it was started with.
  cat "$KVM_TUNING_ROOT/etc/kvm-tuning/irqbalance.env" 2>/dev/null > "$KVM_TUNING_ROOT/run/stand-in-irqbalance"
  ;;
esac
echo "$* (locale $LC_ALL)" >> "$SYSTEMCTL_LOG"
echo 'stand-in for systemctl: files were changed, nothing else done' >&2
`;

const udevadm = "#!/bin/sh\necho 'stand-in for udevadm: nothing done' >&2\n";

/** The files of systemd's configuration in a row, as \`cat-config systemd/system.conf\` prints them. */
const systemdAnalyze = `#!/bin/sh
echo 'stand-in for systemd-analyze: prints the files of the fixture' >&2
for file in "$KVM_TUNING_ROOT/etc/systemd/system.conf" "$KVM_TUNING_ROOT"/etc/systemd/system.conf.d/*.conf; do
  if [ -e "$file" ]; then cat "$file"; fi
done
`;

/** \`taskset -pc LIST 1\`. Systemd's lists are merged: the site's list before ours is not in it, ours resets. */
const taskset = `#!/bin/sh
echo 'stand-in for taskset: notes the CPUs of PID 1' >&2
[ "$1 $3" = '-pc 1' ] || exit 1
printf 'Cpus_allowed_list:\\t%s\\n' "$2" > "$KVM_TUNING_ROOT/proc/1/status"
`;

export const standIns: Readonly<Record<string, string>> = {
  sh,
  systemctl,
  udevadm,
  "systemd-analyze": systemdAnalyze,
  taskset,
};
