/** Cycles, and the one rule that lint cannot say: sdk/ takes only types from provider/. */
module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "sdk-takes-types-only",
      severity: "error",
      from: { path: "^sdk/" },
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
