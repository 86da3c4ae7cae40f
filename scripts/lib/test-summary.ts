// Counts of a test run, taken from jest's JSON report.
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  /** One reason each. */
  readonly skipped: readonly string[];
}

/** The part of jest's report that is read here (jest --json). */
export interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

const SKIPPED = ["pending", "todo", "skipped", "disabled"];

export function countJest(layer: string, report: JestReport): Counts {
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  const skipped = tests.filter(({ status }) => SKIPPED.includes(status)).map((test) => `${layer}: ${test.fullName}`);
  // A file that cannot be loaded holds no test: it counts as one that failed.
  return { passed: report.numPassedTests, failed: report.numFailedTests + report.numRuntimeErrorTestSuites, skipped };
}

export function sum(all: readonly Counts[]): Counts {
  return {
    passed: all.reduce((total, { passed }) => total + passed, 0),
    failed: all.reduce((total, { failed }) => total + failed, 0),
    skipped: all.flatMap(({ skipped }) => skipped),
  };
}

/** "12 passed, 0 failed", and ", 2 skipped" when some were. */
export function summaryLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped.length === 0 ? "" : `, ${skipped.length} skipped`}`;
}

/** The corpus prints a line of JSON for each collection of recorded hosts. */
export function countCorpus(output: string): Counts {
  const lines = output.split("\n").filter((line) => line.startsWith("{"));
  const corpora = lines.map((line) => JSON.parse(line) as { readonly passed: number; readonly total: number });
  return sum(corpora.map(({ passed, total }) => ({ passed, failed: total - passed, skipped: [] })));
}
