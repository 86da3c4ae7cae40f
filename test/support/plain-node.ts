/** The beginning of a script for a plain Node process, without Jest, whose timers and handles are its own: runs TypeScript. */
export const typescriptHook = `
  const ts = require("typescript");
  require.extensions[".ts"] = (module, file) => module._compile(ts.transpileModule(require("fs").readFileSync(file, "utf8"),
    { compilerOptions: { module: "commonjs", target: "es2022", esModuleInterop: true } }).outputText, file);
  const { connect } = require("./provider/transport/transports");
`;
