import { failedAfterChange, journalling, start } from "./step-scripts";

/** Arguments: entry, meta, unit. */
export const stopUnitScript = `${start}${journalling}
entry=$1 unit=$3
if [ ! -d "$journal/$entry" ]; then
  show() { systemctl show -p "$1" -- "$unit" 2>/dev/null | sed 's/^[^=]*=//'; }
  new_entry "$2"
  put "$journal/.new/paths" "$unit" && put "$journal/.new/original" "$(show ActiveState)" "$(show UnitFileState)" ||
    die "cannot write the journal in $journal"
  keep_entry
fi
code=${failedAfterChange}
why=$(systemctl stop -- "$unit" 2>&1 < /dev/null 8>&-) || die "cannot stop $unit: $why"
`;

/** Arguments: entry, unit. */
export const restoreUnitScript = `${start}${journalling}
entry=$1 unit=$2
[ -d "$journal/$entry" ] || exit 0
IFS= read -r original < "$journal/$entry/original" || die "$journal/$entry/original is damaged"
case $original in
active | activating | reloading)
  code=${failedAfterChange}
  why=$(systemctl start -- "$unit" 2>&1 < /dev/null 8>&-) || die "cannot start $unit again: $why"
  ;;
esac
drop_entry
`;
