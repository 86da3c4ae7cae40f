/**
 * Cycles, and the one rule that lint cannot say: sdk/ takes only types from provider/. The exception is a function that
 * a program calls, which runs in the program's process.
 */
module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "sdk-takes-types-only",
      severity: "error",
      from: { path: "^sdk/", pathNot: "^sdk/get-host-topology\\.ts$" },
      to: { path: "^provider/", dependencyTypesNot: ["type-only"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    exclude: { path: "^dist/" },
  },
};
