/*
 * Leases on one host: a file a group, a line `<expiry> <holder> held|lost` each, the time by that host's clock. Read and
 * written under a flock, whole by one rename. A holder that asks again keeps its place: a run that was cut off goes on.
 *
 *   sh -c SCRIPT kvm-tuning take GROUP HOLDER COUNT SECONDS   prints "taken", "wait <holders>" or "lost <holder>"
 *   sh -c SCRIPT kvm-tuning give|lose GROUP HOLDER
 */
export const leaseScript = `
LC_ALL=C; export LC_ALL
exec 2>&1
umask 077
verb=$1 group=$2 holder=$3 count=$4 seconds=$5
state=$KVM_TUNING_ROOT/var/lib/kvm-tuning
leases=$state/leases
file=$leases/$group
command -v flock > /dev/null 2>&1 || { echo 'command not found: flock (package util-linux)'; exit; }
locks=$KVM_TUNING_ROOT/run/kvm-tuning
[ -d "$KVM_TUNING_ROOT/run" ] || locks=$state
mkdir -p "$locks" || exit
exec 9>> "$locks/leases"
tries=300
until flock -n 9; do
  tries=$((tries - 1))
  [ $tries -gt 0 ] || { echo 'the leases are locked'; exit; }
  sleep 0.2 2> /dev/null || sleep 1
done
mkdir -p "$leases" || exit
now=$(date +%s)
others= lost= held=0
[ ! -e "$file" ] || while read -r expiry who what; do
  [ "$who" != "$holder" ] || continue
  case $what in
    lost) lost=$who ;;
    # Whose time is over is free, whatever became of it.
    *) [ "$expiry" -gt "$now" ] || continue; held=$((held + 1)) ;;
  esac
  others="$others$expiry $who $what
"
done < "$file"
keep() {
  if [ -z "$1" ]; then rm -f "$file"; rmdir "$leases" "$state" 2> /dev/null; return 0; fi
  printf %s "$1" > "$file.new" && sync "$file.new" && mv -f "$file.new" "$file" || { echo "cannot write $file"; exit; }
}
case $verb in
  take)
    if [ -n "$lost" ]; then echo "lost $lost"
    elif [ $held -ge "$count" ]; then echo "wait $(printf %s "$others" | cut -d' ' -f2 | tr '\\n' ' ' | sed 's/ $//; s/ /, /g')"
    else keep "$others$((now + seconds)) $holder held
" && echo taken; fi ;;
  give) keep "$others" ;;
  lose) keep "$others$((now + seconds)) $holder lost
" ;;
esac
`;
