/** The output of one command, up to a limit for both streams together. */
export interface Output {
  add(stream: "stdout" | "stderr", chunk: Buffer): void;
  texts(): { readonly stdout: string; readonly stderr: string };
  /** Drops what there is and all that comes. */
  stop(): void;
}

export function createOutput(maxBytes: number, onExceeded: () => void): Output {
  const chunks: Record<"stdout" | "stderr", Buffer[]> = { stdout: [], stderr: [] };
  let bytes = 0;
  let stopped = false;
  const drop = (): void => {
    stopped = true;
    chunks.stdout = [];
    chunks.stderr = [];
  };
  return {
    add(stream, chunk) {
      if (stopped) return;
      bytes += chunk.length;
      if (bytes <= maxBytes) return void chunks[stream].push(chunk);
      drop();
      onExceeded();
    },
    // Joined before decoding: a character may be split over two chunks.
    texts: () => ({ stdout: Buffer.concat(chunks.stdout).toString(), stderr: Buffer.concat(chunks.stderr).toString() }),
    stop: drop,
  };
}
