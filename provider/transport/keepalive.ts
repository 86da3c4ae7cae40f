import type { SshSession } from "./session";

export interface KeepaliveOptions {
  readonly intervalSeconds: number;
  readonly unansweredLimit: number;
}

export const defaultKeepalive: KeepaliveOptions = { intervalSeconds: 15, unansweredLimit: 4 };

/**
 * Finds out that a host has gone without a word, also while no command runs, and keeps the state of firewalls in
 * between alive. The timer does not keep the process alive.
 */
export function keepAlive(session: SshSession, options: KeepaliveOptions): void {
  let unanswered = 0;
  const timer = setInterval(() => {
    if (unanswered >= options.unansweredLimit) return session.destroy();
    unanswered += 1;
    session.ping(() => (unanswered = 0));
  }, options.intervalSeconds * 1000);
  timer.unref();
  session.onClosed(() => clearInterval(timer));
}
