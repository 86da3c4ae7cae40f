import { sudoProblem } from "../../../provider/transport/sudo";

const line = "ops ALL=(root) NOPASSWD: ALL";

describe("sudoProblem", () => {
  test.each([
    ["sudo 1.9", "sudo: a password is required\n"],
    ["sudo-rs", "sudo: interactive authentication is required\n"],
    ["sudo without -n's support", "sudo: a terminal is required to read the password; either use -S\n"],
    ["a lecture before", "We trust you have received the usual lecture.\n\nsudo: a password is required\n"],
  ])("knows that sudo asks for a password (%s)", (_, stderr) => {
    const problem = sudoProblem({ exitCode: 1, stdout: "", stderr }, "ops");
    expect(problem).toContain("sudo asks for a password. Add this line");
    expect(problem).toContain(`\n  ${line}\n`);
  });

  test.each([
    "Sorry, user ops is not allowed to execute '/usr/bin/env LC_ALL=C id' as root on kvm-01.\n",
    "ops is not in the sudoers file.\n",
    "ops is not in the sudoers file.  This incident will be reported.\n",
  ])("knows that sudo does not allow it: %s", (stderr) => {
    const problem = sudoProblem({ exitCode: 1, stdout: "", stderr }, "ops");
    expect(problem).toContain("sudo does not let ops run commands as root");
    expect(problem).toContain(line);
  });

  test.each([
    ["GNU env", "env: 'sudo': No such file or directory\n"],
    ["uutils and BusyBox env", "env: can't execute 'sudo': No such file or directory\n"],
  ])("knows that sudo is not installed (%s)", (_, stderr) => {
    expect(sudoProblem({ exitCode: 127, stdout: "", stderr }, "ops")).toBe(
      "sudo is not installed. Install it, or log in as root",
    );
  });

  test("knows requiretty", () => {
    const stderr = "sudo: sorry, you must have a tty to run sudo\n";
    expect(sudoProblem({ exitCode: 1, stdout: "", stderr }, "ops")).toBe(
      "sudo wants a terminal. Remove `requiretty` for ops from sudoers",
    );
  });

  test("shows what else sudo says", () => {
    const stderr = "sudo: unable to stat /etc/sudoers: Permission denied\n";
    expect(sudoProblem({ exitCode: 1, stdout: "", stderr }, "ops")).toContain(
      'sudo failed ("sudo: unable to stat /etc/sudoers: Permission denied")',
    );
  });

  test.each([
    ["a failed command", { exitCode: 1, stdout: "", stderr: "grep: /x: No such file or directory\n" }],
    ["a missing command", { exitCode: 127, stdout: "", stderr: "env: 'virsh': No such file or directory\n" }],
    ["a warning before a success", { exitCode: 0, stdout: "", stderr: "sudo: unable to resolve host kvm-01\n" }],
    ["a command that printed something", { exitCode: 1, stdout: "x", stderr: "sudo: a password is required\n" }],
    ["another exit code", { exitCode: 2, stdout: "", stderr: "sudo: a password is required\n" }],
  ])("takes %s for the command's own result", (_, result) => {
    expect(sudoProblem(result, "ops")).toBeUndefined();
  });
});
