/** At most `count` at a time; the others wait in order. */
export interface Slots {
  /** Resolves to the function that gives the slot back; calling it again does nothing. */
  take(): Promise<() => void>;
}

export function createSlots(count: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];
  const give = (): (() => void) => {
    let given = false;
    return () => {
      if (given) return;
      given = true;
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    };
  };
  return {
    take: () =>
      new Promise((resolve) => {
        if (free === 0) return void waiting.push(() => resolve(give()));
        free -= 1;
        resolve(give());
      }),
  };
}
