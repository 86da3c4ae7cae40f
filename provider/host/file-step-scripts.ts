import { failedAfterChange, journalling, start } from "./step-scripts";

const files = `
aim() {
  target=$root$1 folder=$root\${1%/*}
  tmp=$folder/.\${1##*/}.kvm-tuning
  if [ -e "$tmp" ] || [ -L "$tmp" ]; then rm -f "$tmp"; fi
}

# $key: that part of what stands at the target which tells who wrote it.
look() {
  if [ -L "$target" ]; then key="link $(readlink "$target")"
  elif [ -f "$target" ]; then hash "$target"; key=$digest
  elif [ -e "$target" ]; then die "$target is neither a file nor a link"
  else key=absent; fi
  # mv would move into a folder behind a link
  [ ! -d "$target" ] || die "$target is a link to a folder"
}

# $now: all of what stands there, as the journal has it.
look_closely() {
  now=$key
  case $key in absent | 'link '*) ;; *) now="file $(stat -c '%a %u:%g' "$target") $key" ;; esac
}

# Journals the target before its first write, and what is about to be written. $1: meta, $2: path, $3: key
keep_file() {
  if [ -d "$journal/$entry" ]; then
    put '%s\\n' "$work/note" "$3" || die "cannot write $work/note"
    note "$work/note"
    return 0
  fi
  look_closely
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
      made="\${nl}made \${up#"$root"}$made"
      up=\${up%/*}
    done
    ;;
  esac
  put '%s\\n' "$journal/.new/target" "$2" && put '%s\\n' "$journal/.new/original" "$now$made" &&
    put '%s\\n' "$journal/.new/wrote" "$3" || die "cannot write the journal in $journal"
  keep_entry
}

make_folder() { open_folder "$folder" || die "cannot make $folder"; }

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
entry=$1 meta=$2 path=$3 mode=$4 wanted=$5
receive "$wanted"
# A test's tree belongs to who runs the test.
owner=0:0
[ -z "$root" ] || owner=$(stat -c %u:%g "$root")
aim "$path"
look
if [ "$key" = "$wanted" ]; then
  look_closely
  if [ "$now" = "file \${mode#0} $owner $wanted" ]; then label; exit 0; fi
fi
keep_file "$meta" "$path" "$wanted"
make_folder
cp "$work/in" "$tmp" || die "cannot write $tmp"
# It is root's already, but in a folder that gives its own group to what is made in it.
if [ ! -O "$tmp" ] || [ ! -G "$tmp" ]; then chown "$owner" "$tmp" || die "cannot write $tmp"; fi
chmod "$mode" "$tmp" && sync "$tmp" || die "cannot write $tmp"
place
`;

/** Arguments: entry, meta, path, the link's target. */
export const writeLinkScript = `${start}${journalling}${files}
entry=$1 meta=$2 path=$3 to=$4
aim "$path"
look
[ "$key" != "link $to" ] || exit 0
keep_file "$meta" "$path" "link $to"
make_folder
ln -s "$to" "$tmp" || die "cannot write $tmp"
place
`;

/** Arguments: entry, meta, path. */
export const removeLinkScript = `${start}${journalling}${files}
entry=$1 meta=$2 path=$3
aim "$path"
look
[ "$key" != absent ] || exit 0
[ -L "$target" ] || die "$path is no link: not removed"
keep_file "$meta" "$path" absent
rm -f "$target" || die "cannot remove $target"
code=${failedAfterChange}
sync "$folder" || die "cannot sync $folder"
`;

/** The folders that writing a file has made go with the last file of ours in them. */
const madeFolders = `
# $made: the folders, each between two newlines.
read_made() {
  made=$nl
  for list in "$journal/made" "$journal/$entry/original"; do
    [ -f "$list" ] || continue
    while IFS= read -r line; do
      case $line in 'made '*) ;; *) continue ;; esac
      case $made in *"$nl\${line#made }$nl"*) ;; *) made=$made\${line#made }$nl ;; esac
    done < "$list"
  done
}

remove_made() {
  read_made
  up=$folder
  while :; do
    case $made in *"$nl\${up#"$root"}$nl"*) ;; *) break ;; esac
    [ ! -d "$up" ] || rmdir "$up" 2>/dev/null || break
    up=\${up%/*}
  done
  # Folders that still hold something wait for the entry of that file.
  set --; set -f; IFS=$nl
  for up in $made; do
    [ ! -d "$root$up" ] || set -- "$@" "made $up"
  done
  set +f; unset IFS
  if [ $# -gt 0 ]; then
    put '%s\\n' "$journal/.made" "$@" && mv -f "$journal/.made" "$journal/made" || die "cannot write $journal/made"
  elif [ -e "$journal/made" ]; then rm -f "$journal/made"; fi
}
`;

/** Arguments: entry, path, exit code when others have changed the target. */
export const restoreFileScript = `${start}${journalling}${files}${madeFolders}
entry=$1 path=$2
# Dropped by a run that was interrupted afterwards.
[ -d "$journal/$entry" ] || exit 0
aim "$path"
look
IFS= read -r original < "$journal/$entry/original" || die "$journal/$entry/original is damaged"

is_ours() {
  [ -f "$journal/$entry/wrote" ] && while IFS= read -r line; do
    [ "$line" != "$key" ] || return 0
  done < "$journal/$entry/wrote"
  return 1
}

# Whether the target is the original, to the mode.
is_original() {
  now=$key
  [ "$key" != "\${original##* }" ] || look_closely
  [ "$now" = "$original" ]
}

is_original && there=1 || there=
if [ -z "$there" ] && [ "$key" != absent ] && [ "$key" != "\${original##* }" ] && ! is_ours; then
  look_closely
  echo "$path was changed by others (now: $now)" >&2
  exit "$3"
fi
if [ -z "$there" ]; then
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
    cp -p "$journal/$entry/content" "$tmp" || die "cannot write $tmp"
    if [ "$(stat -c '%a %u:%g' "$tmp")" != "$2 $3" ]; then
      chown "$3" "$tmp" && chmod "$2" "$tmp" || die "cannot write $tmp"
    fi
    hash "$tmp"
    [ "$digest" = "$4" ] || die "$journal/$entry/content is damaged: it is not the original of $path"
    sync "$tmp" || die "cannot write $tmp"
    place
    ;;
  *) die "$journal/$entry/original is damaged" ;;
  esac
fi
[ "$original" != absent ] || remove_made
drop_entry
`;
