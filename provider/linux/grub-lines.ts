/*
 * Which lines of grub.cfg a reader needs, as extended regular expressions for `grep -E` and `grep -Ei -v`: menu entries,
 * `linux` lines, assignments, and the words that hold blocks together. A grub.cfg can hold password hashes
 * (password_pbkdf2, from /etc/grub.d/40_custom): no line that names a password may leave the host.
 */
export const grubMenuLines =
  "^[[:space:]]*(((menuentry|submenu|linux|linux16|linuxefi|set|if|elif|else|fi|then|function|for|while|until|do|done|load_env|source|configfile|blscfg|[.])([[:space:];]|$))|[{}]|[A-Za-z_][A-Za-z0-9_]*=)";

export const grubSecretLines = "passw|pbkdf2";
