/**
 * `npm run corpus -- --data DIR`: reads recorded machines and case files with the provider's own code and prints one
 * JSON line a corpus. Runs the TypeScript sources as they are: the compiler of the devDependencies, types dropped.
 */
const { readFileSync } = require("node:fs");
const ts = require("typescript");

require.extensions[".ts"] = (module, filename) => {
  const { outputText } = ts.transpileModule(readFileSync(filename, "utf8"), {
    fileName: filename,
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS, esModuleInterop: true },
  });
  module._compile(outputText, filename);
};

require("./corpus/main.ts")
  .main(process.argv.slice(2))
  .then((exitCode) => {
    process.exitCode = exitCode;
  });
