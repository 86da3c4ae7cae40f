import { failedAfterChange, journalling, start } from "./step-scripts";

/**
 * Input: the meta line (empty for a restore), a line for each path, the line `end`. Behind a path stands a tab and the
 * value that is wanted, if one is.
 */
const values = `
tab='\t'
missing= refused=
cd "$root/" || exit

# Into files: wanted (path, tab, value), wrote (path:value), paths, and names, which is for xargs. $missing: the first
# path that this host does not have. What lacks its last line was cut off on its way.
take_values() {
  IFS= read -r meta && while IFS= read -r line; do
    [ "$line" != end ] || return 0
    path=\${line%%"$tab"*}
    if [ ! -e "$root$path" ]; then
      missing=\${missing:-$path}
      [ "$1" = all ] || continue
    fi
    printf '%s\\n' "$path" >&4 && printf '%s\\0' "\${path#/}" >&5 || die "cannot keep the input in $work"
    [ "$line" != "$path" ] || continue
    printf '%s\\n' "$line" && printf '%s\\n' "$path:\${line#*"$tab"}" >&3 ||
      die "cannot keep the input in $work"
  done > "$work/wanted" 3> "$work/wrote" 4> "$work/paths" 5> "$work/names"
  die 'the input was cut off on its way to the host'
}

# What the files hold now, as "path:line", in the file $1.
observe() {
  now=$(xargs -0 grep -asH '' /dev/null < "$work/names")
  set -- "$work/$1"
  if [ -n "$now" ]; then set -f; IFS=$nl; put '/%s\\n' "$1" $now; else put '' "$1"; fi || die "cannot write $1"
  set +f; unset IFS
}

# $unmet, also a file: the lines of wanted that differ from what was observed in the file $1.
compare() {
  unmet=$(awk '
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
    { tab = index($0, "\\t") }
    !(plain(substr($0, 1, tab - 1) ":" substr($0, tab + 1)) in has)' "$work/$1" "$work/wanted") &&
    put '%s\\n' "$work/unmet" "$unmet" || die "cannot compare the values in $work"
}

# Journals the originals of all paths, if the entry is new, and what is about to be written.
keep_values() {
  if [ -d "$journal/$entry" ]; then
    new=$(awk 'FILENAME == ARGV[1] { kept[$0]; next } !($0 in kept)' "$journal/$entry/paths" "$work/paths") ||
      die "cannot read the journal in $journal"
    [ -z "$new" ] || die "journal entry $entry does not hold the original of $new"
    [ ! -s "$work/wrote" ] || note "$work/wrote"
    return 0
  fi
  new_entry "$meta"
  set -- "$work/paths" "$work/original"
  [ ! -s "$work/wrote" ] || set -- "$@" "$work/wrote"
  cp "$@" "$journal/.new" || die "cannot write the journal in $journal"
  keep_entry
}

# In place, as one write: the kernel takes each write as a whole value. With a note for it ($refusal) a refusal is no
# failure.
write_unmet() {
  while IFS= read -r line && [ -n "$line" ]; do
    path=\${line%%"$tab"*} value=\${line#*"$tab"}
    code=${failedAfterChange}
    printf '%s\\n' "$value" 2>/dev/null > "$root$path" && continue
    # The builtin does not say why it failed, cat does.
    why=$({ printf '%s\\n' "$value" | cat > "$root$path"; } 2>&1) && continue
    why=\${why##*: }
    case $refusal:$why in
      ?*:"Input/output error" | ?*:"I/O error" | ?*:"Operation not permitted") refused=$refused$path:$refusal$nl ;;
      *) die "cannot write \\"$value\\" to $path: $why" ;;
    esac
  done < "$work/unmet"
}

# Writes again what the kernel has granted in part, $1 attempts in all.
settle() {
  attempt=1
  write_unmet
  while [ $attempt -lt "$1" ] && observe now && compare now && [ -n "$unmet" ]; do
    attempt=$((attempt + 1))
    [ ! -e "$root/proc/sys/vm/compact_memory" ] || printf '1\\n' 2>/dev/null > "$root/proc/sys/vm/compact_memory"
    sleep 1
    write_unmet
  done
}
`;

/** Arguments: entry, attempts, the note of a refusal or nothing. */
export const writeValuesScript = `${start}${journalling}${values}
entry=$1 refusal=\${3-}
take_values all
observe original
compare original
[ -n "$unmet" ] || exit 0
[ -z "$missing" ] || die "this host has no $missing"
keep_values
settle "$2"
observe now
put '%s' "$work/refused" "$refused" || die "cannot write $work/refused"
note "$work/now" "$work/refused"
`;

/** Arguments: entry, attempts (no matter). A value in the input is noted as ours. */
export const recordValuesScript = `${start}${journalling}${values}
entry=$1
take_values all
observe original
keep_values
`;

/** Arguments: entry, attempts. A file that is gone (a CPU is offline) has nothing to restore. */
export const restoreValuesScript = `${start}${journalling}${values}
entry=$1 refusal=
[ -d "$journal/$entry" ] || exit 0
take_values there
observe now
compare now
[ -z "$unmet" ] || settle "$2"
drop_entry
`;
