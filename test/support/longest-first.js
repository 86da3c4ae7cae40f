const { basename } = require("node:path");
const { default: Sequencer } = require("@jest/test-sequencer");

/** Files that take minutes each. On a machine that has not run them jest goes by their size, and one begun last is waited for. */
const longest = [
  "story",
  "trial-boot",
  "knobs",
  "command",
  "vm-placement",
  "examples-guide",
  "rolling-reboot",
  "systemd-boot",
  "partition",
];

module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ context, path }) => {
      const place = longest.indexOf(basename(path, ".test.ts"));
      return context.config.displayName?.name === "e2e" && place >= 0 ? place : longest.length;
    };
    return super.sort(tests).toSorted((one, other) => rank(one) - rank(other));
  }
};
