/** Three layers, one folder each; `npm run test:unit` and so on run one. */
const layer = (name, more = {}) => ({
  displayName: name,
  testEnvironment: "node",
  roots: [`<rootDir>/test/${name}`],
  testMatch: ["**/*.test.ts"],
  transform: { "^.+\\.ts$": ["ts-jest", { tsconfig: "tsconfig.json", diagnostics: false, isolatedModules: true }] },
  ...more,
});
module.exports = {
  testSequencer: "<rootDir>/test/support/longest-first.js",
  projects: [
    layer("unit"),
    // Real processes: on a busy machine a test of a second takes many.
    layer("integration", { setupFilesAfterEnv: ["<rootDir>/test/support/patience.ts"] }),
    layer("e2e"),
  ],
};
