"use strict";
const tseslint = require("typescript-eslint");

/** Pure folders and files: values in, values out. They reach no host, no network, no Pulumi and no Node API. */
const pure = [
  "provider/linux/**/*.ts",
  "provider/host-tuning/knobs/**/*.ts",
  "provider/host-tuning/boot/**/*.ts",
  "provider/**/{plan,plan-text,schema,schema-*,registry,knob,undo,outputs,ownership,boot-values,boot-unit,domains,machine-slice,placement,domain-xml,impact,journal,step}.ts",
  "provider/vm-cpu-placement/domain-xml/*.ts",
  "provider/vm-cpu-placement/preflight/*.ts",
  "provider/vm-cpu-placement/{argument-impact,cpu-*,described*,desired*,dropped,facts,groups,host-facts,libvirt,live-equality,memory-*,model,observed,others,placement-state,record*,*verification}.ts",
  "provider/host-topology/{model,describe}.ts",
  "provider/inspect/*.ts",
  "provider/placement-plan/planner/**/*.ts",
  "provider/placement-plan/{capacity,claim*,conflict*,domain-record,host-needs,model,outcome,placed,planned-*,present-place,promises,request,state,vm-domains,wording}.ts",
  "provider/placement-plan/allocation-map/**/*.ts",
];

const forbid = (patterns) => ({ "no-restricted-imports": ["error", { patterns }] });
const pulumi = { group: ["@pulumi/*"], message: "Only provider/pulumi/ and sdk/ know Pulumi." };
const ssh2 = { regex: "^ssh2($|/)", message: "Only provider/transport/ssh2.ts knows ssh2." };
const testCode = { group: ["**/test/**"], message: "Production code imports no test code." };

module.exports = tseslint.config(
  { ignores: ["dist/", "node_modules/", "coverage/", "**/*.js", "**/*.mjs"] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: __dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "max-lines": ["error", { max: 250 }],
      "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
      "max-params": ["error", 3],
      "no-console": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
    },
  },
  { files: ["provider/**/*.ts"], rules: forbid([pulumi, ssh2, testCode]) },
  { files: ["provider/transport/ssh2.ts", "provider/transport/ssh2/**/*.ts"], rules: forbid([pulumi, testCode]) },
  { files: ["provider/pulumi/**/*.ts"], rules: forbid([ssh2, testCode]) },
  {
    files: ["provider/index.ts", "provider/pulumi/engine-client.ts", "provider/transport/transports.ts"],
    rules: { ...forbid([ssh2, testCode]), "@typescript-eslint/no-require-imports": "off" },
  },
  { files: ["sdk/**/*.ts"], rules: forbid([ssh2, testCode]) },
  { files: ["cli/**/*.ts"], rules: forbid([pulumi, ssh2, testCode]) },
  { files: ["sdk/get-host-topology.ts"], rules: { "@typescript-eslint/no-require-imports": "off" } },
  {
    files: pure,
    rules: forbid([
      pulumi,
      ssh2,
      testCode,
      { group: ["node:*", "fs", "path", "os", "child_process"], message: "This file is pure." },
      {
        regex: "(^|/)transport/(?!connection$)",
        message: "This file is pure: of the transport it may know the connection's shape alone.",
      },
    ]),
  },
  {
    files: ["test/**/*.ts", "scripts/**/*.ts", "bench/**/*.ts"],
    rules: {
      "max-lines-per-function": "off",
      "max-lines": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/unbound-method": "off",
      "@typescript-eslint/no-base-to-string": "off",
      "no-console": "off",
    },
  },
);
