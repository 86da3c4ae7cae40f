/*
 * update-grub or grub-mkconfig, made safe. It checks what it has generated (grub-script-check), but then copies it over grub.cfg in
 * place: a full disk or a power cut leaves half a file. So a copy is kept beside it until the new file has passed the
 * check once more, and comes back if it does not. A failure also takes a new fragment away: one that did not take
 * effect now must not do so by surprise when the next kernel package runs it. The next run writes it again.
 *
 * Titles and the `lang` of the menu depend on the locale of whoever runs update-grub: $1 is the one that grub.cfg was
 * made with, so that the same settings give the same bytes.
 * Source: /usr/sbin/grub-mkconfig of GRUB 2.06 (Debian), from "grub_script_check" to its end.
 */
import { blockInDefaults, type DefaultsPlace } from "./defaults-place";
import type { GrubPlace } from "./grub-place";

const gone = (defaults: DefaultsPlace): string =>
  defaults === blockInDefaults ? "our block is taken out of $fragment" : "$fragment is removed";

export const generateScript = ({ folder, prefix, generate, generator, defaults }: GrubPlace): string => `
fragment=$2
grub=$KVM_TUNING_ROOT${folder}
cfg=$grub/grub.cfg keep=$grub/.grub.cfg.kvm-tuning
unset LC_ALL LC_MESSAGES LC_CTYPE LC_COLLATE LANGUAGE
LANG=$1; export LANG

whole() { [ -s "$cfg" ] && ${prefix}-script-check "$cfg" && grep -q '^[[:space:]]*menuentry' "$cfg"; }

# A copy is left only if an earlier run was cut off: then it is the good one, unless grub.cfg is whole.
if [ -f "$keep" ] && ! whole; then mv -f "$keep" "$cfg" || exit 1; fi
cp -p "$cfg" "$keep" && sync "$keep" "$grub" || { rm -f "$keep"; echo "cannot keep a copy of $cfg" >&2; exit 1; }
if ${generate} && whole; then
  sync "$cfg" "$grub" && rm -f "$keep" "$cfg.new" && exit 0
fi
mv -f "$keep" "$cfg"
rm -f "$cfg.new"
gone=
if [ -n "$fragment" ]; then file=$KVM_TUNING_ROOT$fragment; ${defaults.takeOut}; gone=", ${gone(defaults)}"; fi
sync "$grub"
echo "${generator} failed: $cfg is as it was$gone" >&2
exit 1
`;
