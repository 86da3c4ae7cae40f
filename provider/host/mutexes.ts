export interface Mutexes {
  /** Runs `work` after all earlier work under the same key has ended, in whatever way. */
  run<T>(key: string, work: () => Promise<T>): Promise<T>;
  /** Resolves when all work that is under the key now has ended. */
  idle(key: string): Promise<void>;
}

export function createMutexes(): Mutexes {
  const tails = new Map<string, Promise<unknown>>();
  return {
    run(key, work) {
      const before = tails.get(key) ?? Promise.resolve();
      const result = before.then(work, work);
      const tail = result.catch(() => undefined);
      tails.set(key, tail);
      return result;
    },
    idle: async (key) => {
      await tails.get(key);
    },
  };
}
