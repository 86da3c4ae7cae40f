// What a story plays on: silent for the end-to-end test, printing for the demo. Both run the same story.
import type { TestHost } from "../../host/test-host";
import type { Project, PulumiOptions, PulumiResult } from "./project";

export interface Stage {
  readonly host: TestHost;
  readonly project: Project;
  chapter(title: string, text?: string): void;
  note(text: string): void;
  /** The first row is the heading. */
  table(rows: readonly (readonly string[])[]): void;
  /** Writes or updates files of the Pulumi program. */
  program(files: Readonly<Record<string, string>>): Promise<void>;
  /** Runs the real CLI; throws when the exit code is not the expected one. */
  pulumi(args: readonly string[], options?: PulumiOptions): Promise<PulumiResult>;
}

export interface Audience extends Pick<Stage, "chapter" | "note" | "table"> {
  /** Flags that are added to every command and not shown. */
  readonly hiddenFlags: readonly string[];
  command(line: string): void;
  output(text: string): void;
}

export const silence: Audience = {
  hiddenFlags: [],
  chapter: () => undefined,
  note: () => undefined,
  table: () => undefined,
  command: () => undefined,
  output: () => undefined,
};

interface Parts {
  readonly host: TestHost;
  readonly project: Project;
  /** @default `silence` */
  readonly audience?: Audience;
}

export function makeStage({ host, project, audience = silence }: Parts): Stage {
  return {
    host,
    project,
    chapter: (title, text) => audience.chapter(title, text),
    note: (text) => audience.note(text),
    table: (rows) => audience.table(rows),
    program: (files) => project.write(files),
    pulumi: (args, options = {}) => {
      if (options.hidden === true) return project.pulumi(args, options);
      audience.command(["pulumi", ...args].join(" "));
      return project.pulumi([...args, ...audience.hiddenFlags], {
        ...options,
        onOutput: (text) => audience.output(text),
      });
    },
  };
}
