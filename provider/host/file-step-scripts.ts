import { failedAfterChange, journalling, start } from "./step-scripts";

const files = `
aim() {
  target=$root$1 folder=$root\${1%/*}
  tmp=$folder/.\${1##*/}.kvm-tuning
  rm -f "$tmp"
}

# $now: what stands at the target; $key: that part of it which tells who wrote it.
look() {
  if [ -L "$target" ]; then now="link $(readlink "$target")" key=$now
  elif [ -f "$target" ]; then hash "$target"; now="file $(stat -c '%a %u:%g' "$target") $digest" key=$digest
  elif [ -e "$target" ]; then die "$target is neither a file nor a link"
  else now=absent key=absent; fi
  # mv would move into a folder behind a link
  [ ! -d "$target" ] || die "$target is a link to a folder"
}

# Journals the target before its first write. $1: meta, $2: path
keep_file() {
  [ -d "$journal/$entry" ] && return
  new_entry "$1"
  made=
  case $now in
  file*)
    cp -p "$target" "$journal/.new/content" || die "cannot keep $target"
    hash "$journal/.new/content"
    [ "$digest" = "$key" ] || die "$target changes while it is read"
    ;;
  absent)
    up=$folder
    while [ ! -d "$up" ] && [ "$up" != "$root" ]; do
      made="made \${up#"$root"}
$made"
      up=\${up%/*}
    done
    ;;
  esac
  put "$journal/.new/target" "$2" && printf '%s\\n%s' "$now" "$made" | cat > "$journal/.new/original" ||
    die "cannot write the journal in $journal"
  keep_entry
}

make_folder() { (umask 022; mkdir -p "$folder") || die "cannot make $folder"; }

label() { if command -v restorecon >/dev/null 2>&1; then restorecon "$target" || :; fi; }

place() {
  mv -f "$tmp" "$target" || die "cannot replace $target"
  code=${failedAfterChange}
  sync "$folder" || die "cannot sync $folder"
  label
}
`;

/** Arguments: entry, meta, path, mode, sha256 of the content. Content on stdin. */
export const writeFileScript = `${start}${journalling}${files}
entry=$1 meta=$2 path=$3 mode=$4
receive "$5"
wrote_digest=$digest owner=0:0
# A test's tree belongs to who runs the test.
[ -z "$root" ] || owner=$(id -u):$(id -g)
aim "$path"
look
if [ "$now" = "file \${mode#0} $owner $wrote_digest" ]; then label; exit 0; fi
keep_file "$meta" "$path"
put "$work/note" "$wrote_digest" && note "$work/note"
make_folder
cp "$work/in" "$tmp" && chown "$owner" "$tmp" && chmod "$mode" "$tmp" && sync "$tmp" || die "cannot write $tmp"
place
`;

/** Arguments: entry, meta, path, the link's target. */
export const writeLinkScript = `${start}${journalling}${files}
entry=$1 meta=$2 path=$3 to=$4
aim "$path"
look
[ "$now" != "link $to" ] || exit 0
keep_file "$meta" "$path"
put "$work/note" "link $to" && note "$work/note"
make_folder
ln -s "$to" "$tmp" || die "cannot write $tmp"
place
`;

/** Arguments: entry, meta, path. */
export const removeLinkScript = `${start}${journalling}${files}
entry=$1 meta=$2 path=$3
aim "$path"
look
[ "$now" != absent ] || exit 0
[ -L "$target" ] || die "$path is no link: not removed"
keep_file "$meta" "$path"
put "$work/note" absent && note "$work/note"
rm -f "$target" || die "cannot remove $target"
code=${failedAfterChange}
sync "$folder" || die "cannot sync $folder"
`;

/** Arguments: entry, path, exit code when others have changed the target. */
export const restoreFileScript = `${start}${journalling}${files}
entry=$1 path=$2
# Dropped by a run that was interrupted afterwards.
[ -d "$journal/$entry" ] || exit 0
aim "$path"
look
IFS= read -r original < "$journal/$entry/original" || die "$journal/$entry/original is damaged"
wrote=$journal/$entry/wrote
if [ "$now" != absent ] && [ "$now" != "$original" ] && [ "$key" != "\${original##* }" ] &&
  ! grep -qsxF -e "$key" "$wrote"; then
  echo "$path was changed by others (now: $now)" >&2
  exit "$3"
fi
if [ "$now" != "$original" ]; then
  case $original in
  absent)
    rm -f "$target" || die "cannot remove $target"
    code=${failedAfterChange}
    sync "$folder" || die "cannot sync $folder"
    ;;
  "link "*)
    make_folder
    ln -s "\${original#link }" "$tmp" || die "cannot write $tmp"
    place
    ;;
  "file "*)
    set -- $original
    make_folder
    cp -p "$journal/$entry/content" "$tmp" && chown "$3" "$tmp" && chmod "$2" "$tmp" || die "cannot write $tmp"
    hash "$tmp"
    [ "$digest" = "$4" ] || die "$journal/$entry/content is damaged: it is not the original of $path"
    sync "$tmp" || die "cannot write $tmp"
    place
    ;;
  *) die "$journal/$entry/original is damaged" ;;
  esac
fi
if [ "$original" = absent ]; then
  up=$folder
  while grep -qsxF -e "made \${up#"$root"}" "$journal/$entry/original" "$journal/made"; do
    [ ! -d "$up" ] || rmdir "$up" 2>/dev/null || break
    up=\${up%/*}
  done
  # Folders that still hold something wait for the entry of that file.
  cat "$journal/made" "$journal/$entry/original" 2>/dev/null | while IFS= read -r line; do
    case $line in "made "*) [ -d "$root\${line#made }" ] && printf '%s\\n' "$line" ;; esac
  done | awk '!seen[$0]++' > "$work/made"
  if [ -s "$work/made" ]; then
    cat "$work/made" > "$journal/.made" && mv -f "$journal/.made" "$journal/made" || die "cannot write $journal/made"
  else rm -f "$journal/made"; fi
fi
drop_entry
`;
