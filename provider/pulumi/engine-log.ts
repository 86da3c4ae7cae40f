import type { Run } from "../resource";
import { type LogLine, sendToEngine } from "./engine-client";

/**
 * Lines on the resource's own row: a warning stays, progress is shown while the step runs. Nothing here throws or
 * waits long: a line is never worth an apply.
 */
export interface EngineRun extends Run {
  /** Sends the progress line that still waits. */
  finish(): Promise<void>;
}

type SendLine = (line: LogLine) => Promise<void>;

/** At most four progress lines a second and resource. */
const progressIntervalMilliseconds = 250;

export function engineRun(urn: string | undefined, send: SendLine = sendToEngine): EngineRun {
  let waiting: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let sent: Promise<void> = Promise.resolve();

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting === undefined) return;
    const line: LogLine = { severity: "info", urn, message: waiting, ephemeral: true };
    waiting = undefined;
    // One after another: a line overtaken by an older one would show the wrong step.
    sent = sent.then(() => send(line));
    timer = setTimeout(flush, progressIntervalMilliseconds);
    timer.unref();
  };

  return {
    urn,
    async warn(message) {
      await send({ severity: "warning", urn, message, ephemeral: false });
    },
    progress(message) {
      waiting = message;
      if (timer === undefined) flush();
    },
    async finish() {
      flush();
      clearTimeout(timer);
      timer = undefined;
      await sent;
    },
  };
}
