import { endpointKey } from "./endpoint-key";
import type { ExpectedHost, Hosts, PromisedDomain } from "./hosts";

/** What the resources of one process tell each other of a host, before any of them has written to it. */
export function createPromises(): Pick<Hosts, "expect" | "expected" | "promise" | "promised"> {
  const expectations = new Map<string, ExpectedHost>();
  const promises = new Map<string, readonly PromisedDomain[]>();
  return {
    expect: (connection, expected) => void expectations.set(endpointKey(connection), expected),
    expected: (connection) => expectations.get(endpointKey(connection)),
    promise(connection, domain) {
      const key = endpointKey(connection);
      promises.set(key, [...(promises.get(key) ?? []).filter((one) => !isSameDomain(one, domain)), domain]);
    },
    promised: (connection) => promises.get(endpointKey(connection)) ?? [],
  };
}

function isSameDomain(one: PromisedDomain, other: PromisedDomain): boolean {
  if (one.uuid !== undefined && other.uuid !== undefined) return one.uuid === other.uuid;
  return one.name === other.name;
}
