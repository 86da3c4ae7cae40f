import { failedAfterChange, journalling, start } from "./step-scripts";

/** Input: the meta line (empty for a restore), then for each value two lines, path and value. */
const values = `
take_values() {
  receive "$1"
  { IFS= read -r meta; cat > "$work/wanted"; } < "$work/in"
  awk 'NR % 2' "$work/wanted" > "$work/paths"
}

# What the files hold now, as "path:line", in $work/has; pairs of wanted values that differ in $work/unmet.
compare() {
  sed 's|^/||' "$work/paths" | tr '\\n' '\\000' | (cd "$root/" && xargs -0 grep -asH '' /dev/null) |
    sed 's|^|/|' > "$work/has"
  awk '
    # A choice in /sys is its word in brackets; white space counts as one space.
    function plain(line,   head) {
      if (line ~ /^\\/sys\\// && match(line, /\\[[^] ]*\\]/)) {
        head = substr(line, 1, RSTART - 1); sub(/:[^:]*$/, ":", head)
        line = head substr(line, RSTART + 1, RLENGTH - 2)
      }
      gsub(/[ \\t]+/, " ", line); sub(/ $/, "", line)
      return line
    }
    FILENAME == ARGV[1] { has[plain($0)]; next }
    FNR % 2 { path = $0; next }
    !(plain(path ":" $0) in has) { print path; print }' "$work/has" "$work/wanted" > "$work/unmet"
}

# Journals the originals of all paths, if the entry is new.
keep_values() {
  if [ -d "$journal/$entry" ]; then
    awk 'FILENAME == ARGV[1] { kept[$0]; next } !($0 in kept)' "$journal/$entry/paths" "$work/paths" > "$work/new"
    [ ! -s "$work/new" ] || die "journal entry $entry does not hold the original of $(cat "$work/new")"
  else
    new_entry "$meta"
    cat "$work/paths" > "$journal/.new/paths" && cat "$work/has" > "$journal/.new/original" ||
      die "cannot write the journal in $journal"
    keep_entry
  fi
}

# In place, as one write: the kernel takes each write as a whole value. With a note for it ($refusal) a refusal is no
# failure.
write_unmet() {
  while IFS= read -r path && IFS= read -r value; do
    code=${failedAfterChange}
    printf '%s\\n' "$value" 2>/dev/null > "$root$path" && continue
    # The builtin does not say why it failed, cat does.
    why=$({ printf '%s\\n' "$value" | cat > "$root$path"; } 2>&1) && continue
    why=\${why##*: }
    case $refusal:$why in
      ?*:"Input/output error" | ?*:"I/O error" | ?*:"Operation not permitted") printf '%s\\n' "$path:$refusal" >> "$work/refused" ;;
      *) die "cannot write \\"$value\\" to $path: $why" ;;
    esac
  done < "$work/unmet"
}

# Writes again what the kernel has granted in part, $1 attempts in all.
settle() {
  attempt=1
  write_unmet
  compare
  while [ -s "$work/unmet" ] && [ $attempt -lt "$1" ]; do
    attempt=$((attempt + 1))
    [ ! -e "$root/proc/sys/vm/compact_memory" ] || printf '1\\n' 2>/dev/null > "$root/proc/sys/vm/compact_memory"
    sleep 1
    write_unmet
    compare
  done
}
`;

/** Arguments: entry, attempts, sha256 of the input, the note of a refusal or nothing. */
export const writeValuesScript = `${start}${journalling}${values}
entry=$1 refusal=\${4-}
take_values "$3"
compare
[ -s "$work/unmet" ] || exit 0
while IFS= read -r path; do
  [ -e "$root$path" ] || die "this host has no $path"
done < "$work/paths"
keep_values
awk 'NR % 2 { path = $0; next } { print path ":" $0 }' "$work/wanted" > "$work/note"
note "$work/note"
settle "$2"
note "$work/has"
[ ! -s "$work/refused" ] || note "$work/refused"
`;

/** Arguments: entry, attempts (no matter), sha256 of the input; a value in it that is not empty is noted as ours. */
export const recordValuesScript = `${start}${journalling}${values}
entry=$1
take_values "$3"
compare
keep_values
awk 'NR % 2 { path = $0; next } $0 != "" { print path ":" $0 }' "$work/wanted" > "$work/note"
[ ! -s "$work/note" ] || note "$work/note"
`;

/** Arguments: entry, attempts, sha256 of the input. A file that is gone (a CPU is offline) has nothing to restore. */
export const restoreValuesScript = `${start}${journalling}${values}
entry=$1 refusal=
[ -d "$journal/$entry" ] || exit 0
take_values "$3"
while IFS= read -r path && IFS= read -r value; do
  [ ! -e "$root$path" ] || printf '%s\\n' "$path" "$value"
done < "$work/wanted" > "$work/there"
cat "$work/there" > "$work/wanted"
compare
settle "$2"
drop_entry
`;
