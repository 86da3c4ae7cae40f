export type Fault =
  /**
   * The connection goes away without a word. `start`: before the command runs; `output`: at its first output;
   * `end`: after it ended, before its exit status is told. The command itself goes on.
   */
  | { readonly kind: "drop"; readonly at: "start" | "output" | "end" }
  /** The connection goes away and the command is killed, `afterMilliseconds` (0) after it started. */
  | { readonly kind: "powerCut"; readonly afterMilliseconds?: number }
  /** The command starts that much later. */
  | { readonly kind: "delay"; readonly milliseconds: number }
  /** The command never runs and nothing is ever answered. */
  | { readonly kind: "noAnswer" }
  /** Text on stdout before the command's own output. */
  | { readonly kind: "noise"; readonly text: string }
  /** The command is ended by this signal, for example "SIGKILL". */
  | { readonly kind: "kill"; readonly signal: NodeJS.Signals }
  /** The host refuses to run it (exec request denied). */
  | { readonly kind: "refuse" }
  /** The command does not run; this is its result. */
  | { readonly kind: "reply"; readonly exitCode: number; readonly stdout?: string; readonly stderr?: string };

export interface Faults {
  add(which: number | string | RegExp, fault: Fault): void;
  /** The fault for this command, if any: each happens once. */
  take(command: string): Fault | undefined;
}

interface Pending {
  left: number | undefined;
  readonly matches: (command: string) => boolean;
  readonly fault: Fault;
}

export function createFaults(): Faults {
  const pending: Pending[] = [];
  return {
    add(which, fault) {
      const matches = (command: string): boolean =>
        typeof which === "string" ? command.includes(which) : which instanceof RegExp && which.test(command);
      pending.push({ left: typeof which === "number" ? which : undefined, matches, fault });
    },
    take(command) {
      for (const each of pending) if (each.left !== undefined) each.left -= 1;
      const index = pending.findIndex((each) => (each.left === undefined ? each.matches(command) : each.left === 0));
      return index < 0 ? undefined : pending.splice(index, 1)[0]?.fault;
    },
  };
}
