import { createHash } from "node:crypto";
import type { LockedScript } from "../host/hosts";
import { failedUnchanged } from "../host/step-scripts";
import { recordText, type DomainRecord } from "./record";

/*
 * What is run on the host beyond single virsh calls, as constant scripts under its lock. Only a document with passwords
 * can be defined again without losing them, so the define script takes one from its input: it is kept in a variable of
 * the shell, never in a file, an argument or the output.
 */
const virsh = "virsh -c qemu:///system";

/** Prints the definition, passwords and all. */
export function dumpScript(uuid: string): LockedScript {
  return {
    name: "read the domain's definition",
    setting: uuid,
    script: `${virsh} dumpxml --inactive --security-info "$1" 8>&-\n`,
    args: [uuid],
  };
}

/** Defines `to` if the definition still is `from`, byte for byte: nobody else's edit in between is lost. */
export function defineScript({ uuid, from, to }: { uuid: string; from: string; to: string }): LockedScript {
  return {
    name: "define the domain",
    setting: uuid,
    script: `
sum() { set -- $(sha256sum); digest=$1; printf '%s' "$digest"; }
xml=$(cat; echo .)
xml=\${xml%.}
[ "$(printf '%s' "$xml" | sum)" = "$3" ] || die 'the input was cut off on its way to the host'
[ "$(${virsh} dumpxml --inactive --security-info "$1" 8>&- | sum)" = "$2" ] ||
  die 'somebody else has changed the definition since it was read; run again'
printf '%s' "$xml" | ${virsh} define /dev/stdin 8>&- > /dev/null || exit ${failedUnchanged}
`,
    args: [uuid, sha256(from), sha256(to)],
    stdin: to,
  };
}

export function recordScript(record: DomainRecord): LockedScript {
  const text = recordText(record);
  return {
    name: "write the domain's record",
    setting: record.uuid,
    script: `
folder=$state/domains/$1
receive "$2"
(umask 022; mkdir -p "\${state%/*}") && mkdir -p "$folder" && tmp=$folder/.placement.json && cat "$work/in" > "$tmp" &&
  sync "$tmp" && mv -f "$tmp" "$folder/placement.json" && sync "$folder" "$state/domains" "$state" ||
  die "cannot write $folder/placement.json"
`,
    args: [record.uuid, sha256(text)],
    stdin: text,
  };
}

export function forgetScript(uuid: string): LockedScript {
  return {
    name: "remove the domain's record",
    setting: uuid,
    script: `
folder=$state/domains/$1
[ -d "$folder" ] || exit 0
rm -f "$folder/placement.json" "$folder/.placement.json" && rmdir "$folder" && sync "$state/domains" ||
  die "cannot remove $folder"
rmdir "$state/domains" "$state" 2>/dev/null || :
`,
    args: [uuid],
  };
}

export function shutdownScript(uuid: string): LockedScript {
  return {
    name: "shut the domain down",
    setting: uuid,
    script: `${virsh} shutdown "$1" 8>&- > /dev/null\n`,
    args: [uuid],
  };
}

/** As pulling the plug: only where the program says forceOff. */
export function destroyScript(uuid: string): LockedScript {
  return {
    name: "switch the domain off",
    setting: uuid,
    script: `${virsh} destroy "$1" 8>&- > /dev/null\n`,
    args: [uuid],
  };
}

export function stateScript(uuid: string): LockedScript {
  return { name: "ask for the domain's state", setting: uuid, script: `${virsh} domstate "$1" 8>&-\n`, args: [uuid] };
}

export function startScript(uuid: string, state: "running" | "paused"): LockedScript {
  const script = state === "paused" ? `${virsh} start "$1" --paused` : `${virsh} start "$1"`;
  return {
    name: "start the domain",
    setting: uuid,
    script: `${script} 8>&- > /dev/null\n`,
    args: [uuid],
    timeoutSeconds: 600,
  };
}

function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}
