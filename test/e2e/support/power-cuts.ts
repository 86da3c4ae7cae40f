/*
 * What a power cut would leave behind, at the worst moments: right before the host syncs a file that the boot loader reads, or its
 * record of the trial.
 * A command in front of sync(1) waits there until the disk has been frozen.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { FrozenDisk } from "../../host/frozen-disk";
import type { TestHost } from "../../host/test-host";

export interface PowerCut {
  /** What was about to be synced. */
  readonly at: string;
  readonly disk: FrozenDisk;
}

const flag = "/var/tmp/power-cuts";
const waiting = "/run/power-cut";
const command = `#!/bin/sh
case "$*" in */boot/* | */etc/default/* | */var/lib/kvm-tuning/trial)
  if [ -e ${flag} ]; then
    echo "$*" > ${waiting}
    left=300
    while [ -e ${waiting} ] && [ $left -gt 0 ]; do sleep 0.2; left=$((left - 1)); done
  fi
esac
exec /usr/bin/sync "$@"
`;

/** Runs `work`, and freezes the disk at each such moment of it. */
export async function withPowerCuts(host: TestHost, work: () => Promise<unknown>): Promise<readonly PowerCut[]> {
  await host.output("cat > /usr/local/bin/sync && chmod 755 /usr/local/bin/sync && : > " + flag, { input: command });
  const cuts: PowerCut[] = [];
  let over = false;
  const watch = async (): Promise<void> => {
    while (!over) {
      const { stdout } = await host.ssh(`cat ${waiting}`, { limitSeconds: 20 }).catch(() => ({ stdout: "" }));
      if (stdout === "") {
        await sleep(200);
        continue;
      }
      cuts.push({ at: stdout.trim(), disk: await host.freezeDisk() });
      await host.ssh(`rm ${waiting}`, { limitSeconds: 60 });
    }
  };
  const watcher = watch();
  try {
    await work();
  } finally {
    over = true;
    await watcher;
    await host.output(`rm -f ${flag} ${waiting} /usr/local/bin/sync`);
  }
  return cuts;
}
