const closers = new Set<() => void>();
const signals = ["SIGINT", "SIGTERM"] as const;

/**
 * The engine ends the provider process with SIGINT, and with SIGKILL five seconds later. Hosts are told good-bye, then
 * the signal does what it does without a handler; nothing on a host waits for the process. Returns the way out.
 */
export function closeOnSignal(close: () => void): () => void {
  if (closers.size === 0) for (const signal of signals) process.once(signal, onSignal);
  closers.add(close);
  return () => {
    closers.delete(close);
    if (closers.size === 0) for (const signal of signals) process.off(signal, onSignal);
  };
}

function onSignal(signal: NodeJS.Signals): void {
  for (const close of [...closers]) close();
  // Another handler of this signal decides by itself when the process ends.
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}
