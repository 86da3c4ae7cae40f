import { failedAfterChange, journalling, start } from "./step-scripts";

/** Arguments: entry, meta, unit. */
export const stopUnitScript = `${start}${journalling}
entry=$1 unit=$3
if [ ! -d "$journal/$entry" ]; then
  active= enabled=
  # In systemd's order, not in the one that was asked for.
  for line in $(systemctl show -p ActiveState,UnitFileState -- "$unit" 2>/dev/null); do
    case $line in ActiveState=*) active=\${line#*=} ;; UnitFileState=*) enabled=\${line#*=} ;; esac
  done
  new_entry "$2"
  put '%s\\n' "$journal/.new/paths" "$unit" && put '%s\\n' "$journal/.new/original" "$active" "$enabled" ||
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
