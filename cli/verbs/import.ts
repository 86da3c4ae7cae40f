import { describeDomain } from "../../provider/inspect/describe-domain";
import { describeHost } from "../../provider/inspect/describe-host";
import { programText } from "../../provider/inspect/program-text";
import type { RemoteReading } from "../reading";
import type { Terminal } from "../terminal";

export interface ImportOptions {
  readonly json: boolean;
  /** Names or UUIDs; none: all that libvirt knows. */
  readonly domains: readonly string[];
}

/** Prints the program that describes the host as it is. */
export async function importHost(reading: RemoteReading, terminal: Terminal, options: ImportOptions): Promise<number> {
  const snapshot = await reading.snapshot();
  const host = describeHost(snapshot);
  const known = (snapshot.libvirt?.domains ?? []).map(({ uuid }) => uuid);
  const domains = (options.domains.length === 0 ? known : options.domains).map((name) => {
    const found = describeDomain(snapshot, name);
    if (found === undefined) throw new Error(`there is no domain ${JSON.stringify(name)} on this host`);
    return found;
  });
  const { host: address, user, port, hostKey, hostKeys, transport, sshConfig, privateKey } = reading.connection;
  // Keys and passwords stay where they are: the program has its own from its configuration.
  const connection = { transport, host: address, user, port, hostKey: hostKey ?? hostKeys?.[0], sshConfig };
  const withKey = transport !== "openssh" || privateKey !== undefined;
  if (options.json) {
    const plain = { host: host.args, domains: Object.fromEntries(domains.map(({ name, args }) => [name, args])) };
    terminal.out(`${JSON.stringify(plain, null, 2)}\n`);
    return 0;
  }
  const given = Object.fromEntries(Object.entries(connection).filter(([, value]) => value !== undefined));
  const name = snapshot.hostname === "" ? address : snapshot.hostname;
  terminal.out(programText({ name, connection: given, withKey, host, domains }));
  return 0;
}
