import { countCorpus, countJest, sum, summaryLine } from "../../../scripts/lib/test-summary";

const report = {
  numPassedTests: 3,
  numFailedTests: 1,
  numRuntimeErrorTestSuites: 1,
  testResults: [
    {
      name: "a.test.ts",
      assertionResults: [
        { fullName: "reads", status: "passed" },
        { fullName: "reboots on a BLS host", status: "pending" },
        { fullName: "imports", status: "todo" },
      ],
    },
  ],
};

test("a file that cannot be loaded counts as failed, a skipped test names its layer", () => {
  expect(countJest("e2e", report)).toEqual({
    passed: 3,
    failed: 2,
    skipped: ["e2e: reboots on a BLS host", "e2e: imports"],
  });
});

test("the corpus counts the cases of every JSON line and no other line", () => {
  const output = `reading\n{"corpus":"a","passed":7,"total":9,"failures":[]}\n{"corpus":"b","passed":2,"total":2}\n`;
  expect(countCorpus(output)).toEqual({ passed: 9, failed: 2, skipped: [] });
});

test("the summary of all layers is one line", () => {
  const total = sum([
    { passed: 10, failed: 0, skipped: [] },
    { passed: 2, failed: 1, skipped: ["corpus: no recorded hosts"] },
  ]);
  expect(summaryLine(total)).toBe("12 passed, 1 failed, 1 skipped");
  expect(summaryLine({ passed: 12, failed: 0, skipped: [] })).toBe("12 passed, 0 failed");
});
