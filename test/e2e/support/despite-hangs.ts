/*
 * QEMU's emulation now and then hangs at the start of a kernel, and the test host resets it (test/host/boot-watch.ts). In
 * a trial boot the product takes that, rightly, for arguments with which the host does not come up. Only such a run is
 * begun again, with the note of the failure taken away as an administrator would.
 */
import type { TestHost } from "../../host/test-host";

export async function despiteHangs<T>(host: TestHost, run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const before = host.hangs();
    try {
      return await run();
    } catch (error) {
      if (host.hangs() === before || attempt === 3) throw error;
      process.stderr.write("QEMU has hung in a trial boot: the run is begun again\n");
      await host.output("rm -f /var/lib/kvm-tuning/trial-failed");
    }
  }
}
