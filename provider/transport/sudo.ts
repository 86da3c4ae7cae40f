import type { ExecResult } from "./transport";

/**
 * Why sudo did not run the command, or undefined if it did. sudo says so on stderr with exit code 1 (sudo(8), "Exit
 * value"), in English: it is started with LC_ALL=C. A missing sudo is reported by env(1) with exit code 127.
 */
export function sudoProblem(result: ExecResult, user: string): string | undefined {
  const { exitCode, stderr, stdout } = result;
  if (exitCode === 127 && /\bsudo\b/.test(stderr)) return `sudo is not installed. Install it, or log in as root`;
  if (exitCode !== 1 || stdout !== "") return undefined;
  if (/^sudo: .*(a password is required|authentication is required|a terminal is required)/m.test(stderr))
    return `sudo asks for a password. ${mend(user)}`;
  if (/^sudo: .*must have a tty/m.test(stderr))
    return `sudo wants a terminal. Remove \`requiretty\` for ${user} from sudoers`;
  if (/^(Sorry, user .* is not allowed to execute|.* is not (in the sudoers file|allowed to run sudo))/m.test(stderr))
    return `sudo does not let ${user} run commands as root. ${mend(user)}`;
  const own = /^sudo: .*$/m.exec(stderr)?.[0];
  return own === undefined ? undefined : `sudo failed ("${own.slice(0, 200)}"). ${mend(user)}`;
}

function mend(user: string): string {
  return (
    `Add this line to a file in /etc/sudoers.d on the host, with \`visudo -f /etc/sudoers.d/kvm-tuning\`:\n` +
    `  ${user} ALL=(root) NOPASSWD: ALL\nor log in as root`
  );
}
