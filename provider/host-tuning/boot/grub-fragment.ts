/*
 * Our file in /etc/default/grub.d, which grub-mkconfig sources last. Files before it have set GRUB_CMDLINE_LINUX and
 * GRUB_CMDLINE_LINUX_DEFAULT; it takes every argument of a managed key out of both and puts ours in front of the
 * first, so that each stands on the kernel's line once, in recovery entries too, and never behind a `--`, a comment or
 * a line end of somebody else's. What is left keeps its bytes: quotes, blanks, order.
 *
 * POSIX sh, no command but builtins, nothing left behind but the two variables; grub-mkconfig runs under `set -e`.
 * Words are split as GRUB will split them when it reads the `linux` line, quotes of both kinds included.
 * Source: /usr/sbin/grub-mkconfig and /etc/grub.d/10_linux of GRUB 2.06.
 */
import { canonicalKey, formatKernelArgument, KernelArgumentError } from "../../linux/kernel-args";
import type { BootArguments } from "./boot-arguments";

export const grubFragmentFile = "/etc/default/grub.d/zz-kvm-tuning.cfg";

export function grubFragment(wanted: BootArguments): string {
  const { keys } = wanted;
  if (keys.length === 0) return `${header}# Nothing is managed.\n`;
  const ours = wanted.arguments.map(({ key, value }) => grubWord(key, value)).join(" ");
  const patterns = [...new Set(keys.map(canonicalKey))].sort().map(keyPattern);
  return header + filter.replace("@PATTERNS@", () => patterns.join(" | ")).replace("@OURS@", () => shellWord(ours));
}

/** The keys that such a file manages: the alternatives of its `case` pattern. */
export function fragmentKeys(text: string): readonly string[] {
  const pattern = /^ {6}(\S.* \| \S+=\*)\)$/m.exec(text)?.[1] ?? "";
  const keys = pattern.split(" | ").filter((one) => !one.endsWith("=*") && one !== "");
  return keys.map((one) => canonicalKey(one.replaceAll("[-_]", "_")));
}

/** `-` and `_` are the same in a key. */
function keyPattern(key: string): string {
  const either = key.replaceAll("_", "[-_]");
  return `${either} | ${either}=*`;
}

/** One word of GRUB's language that becomes this argument. GRUB would put backslashes before quotes and backslashes. */
function grubWord(key: string, value: string | null): string {
  const argument = formatKernelArgument(key, value);
  if (/['\\]/.test(argument)) {
    throw new KernelArgumentError(`${argument}: GRUB cannot pass a single quote or a backslash to the kernel`);
  }
  return grubQuote(value === null ? key : `${key}=${value}`);
}

/** A word as GRUB's language writes it, which has the shell's single quotes. */
export const grubQuote = (word: string): string => (/^[A-Za-z0-9_.,:/@%+=-]+$/.test(word) ? word : shellWord(word));

const shellWord = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const header =
  "# Written by pulumi-kvm-tuning. Change the Pulumi program, not this file: the next `pulumi up` writes it again.\n";

const filter =
  String.raw`# Takes the managed arguments out of what the files before this one have set, then puts in ours.
kvm_tuning_blanks=' 	
'
kvm_tuning_init=
kvm_tuning_filter() {
  kvm_tuning_in=$1 kvm_tuning_out= kvm_tuning_dropped=
  while :; do
    kvm_tuning_gap=\${kvm_tuning_in%%[!$kvm_tuning_blanks]*}
    kvm_tuning_in=\${kvm_tuning_in#"$kvm_tuning_gap"}
    if [ -z "$kvm_tuning_in" ]; then break; fi
    # One word as written, and as it is without its quotes.
    kvm_tuning_word= kvm_tuning_bare=
    while [ -n "$kvm_tuning_in" ]; do
      kvm_tuning_part=\${kvm_tuning_in%%[\\\'\"$kvm_tuning_blanks]*}
      kvm_tuning_word=$kvm_tuning_word$kvm_tuning_part
      kvm_tuning_bare=$kvm_tuning_bare$kvm_tuning_part
      kvm_tuning_in=\${kvm_tuning_in#"$kvm_tuning_part"}
      case $kvm_tuning_in in
        \\*)
          kvm_tuning_in=\${kvm_tuning_in#?}
          kvm_tuning_part=\${kvm_tuning_in%"\${kvm_tuning_in#?}"}
          kvm_tuning_word=$kvm_tuning_word\\$kvm_tuning_part
          kvm_tuning_bare=$kvm_tuning_bare$kvm_tuning_part
          kvm_tuning_in=\${kvm_tuning_in#"$kvm_tuning_part"}
          ;;
        \'*)
          kvm_tuning_in=\${kvm_tuning_in#?}
          kvm_tuning_part=\${kvm_tuning_in%%\'*}
          kvm_tuning_word=$kvm_tuning_word\'$kvm_tuning_part
          kvm_tuning_bare=$kvm_tuning_bare$kvm_tuning_part
          kvm_tuning_in=\${kvm_tuning_in#"$kvm_tuning_part"}
          case $kvm_tuning_in in \'*) kvm_tuning_word=$kvm_tuning_word\' kvm_tuning_in=\${kvm_tuning_in#?} ;; esac
          ;;
        \"*)
          kvm_tuning_word=$kvm_tuning_word\" kvm_tuning_in=\${kvm_tuning_in#?}
          while [ -n "$kvm_tuning_in" ]; do
            kvm_tuning_part=\${kvm_tuning_in%%[\\\"]*}
            kvm_tuning_word=$kvm_tuning_word$kvm_tuning_part
            kvm_tuning_bare=$kvm_tuning_bare$kvm_tuning_part
            kvm_tuning_in=\${kvm_tuning_in#"$kvm_tuning_part"}
            case $kvm_tuning_in in
              \"*)
                kvm_tuning_word=$kvm_tuning_word\" kvm_tuning_in=\${kvm_tuning_in#?}
                break
                ;;
              \\*)
                kvm_tuning_in=\${kvm_tuning_in#?}
                kvm_tuning_part=\${kvm_tuning_in%"\${kvm_tuning_in#?}"}
                kvm_tuning_word=$kvm_tuning_word\\$kvm_tuning_part
                kvm_tuning_bare=$kvm_tuning_bare$kvm_tuning_part
                kvm_tuning_in=\${kvm_tuning_in#"$kvm_tuning_part"}
                ;;
            esac
          done
          ;;
        *) break ;;
      esac
    done
    # Behind "--" stand the arguments of init.
    case $kvm_tuning_init$kvm_tuning_bare in
      --) kvm_tuning_init=1 ;;
      @PATTERNS@)
        kvm_tuning_dropped=1
        continue
        ;;
    esac
    if [ -z "$kvm_tuning_out" ] && [ -n "$kvm_tuning_dropped" ]; then kvm_tuning_gap=; fi
    kvm_tuning_out=$kvm_tuning_out$kvm_tuning_gap$kvm_tuning_word
  done
  if [ -z "$kvm_tuning_dropped" ]; then kvm_tuning_out=$1; fi
}
kvm_tuning_filter "\${GRUB_CMDLINE_LINUX-}"
GRUB_CMDLINE_LINUX=@OURS@
if [ -n "$GRUB_CMDLINE_LINUX" ] && [ -n "$kvm_tuning_out" ]; then GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX "; fi
GRUB_CMDLINE_LINUX=$GRUB_CMDLINE_LINUX$kvm_tuning_out
if [ -n "\${GRUB_CMDLINE_LINUX_DEFAULT-}" ]; then
  kvm_tuning_filter "$GRUB_CMDLINE_LINUX_DEFAULT"
  GRUB_CMDLINE_LINUX_DEFAULT=$kvm_tuning_out
fi
unset -f kvm_tuning_filter
unset kvm_tuning_blanks kvm_tuning_init kvm_tuning_in kvm_tuning_out kvm_tuning_dropped
unset kvm_tuning_gap kvm_tuning_word kvm_tuning_bare kvm_tuning_part
`.replaceAll("\\${", "${");
