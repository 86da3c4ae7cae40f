import { lastAssignment, shellAssignments } from "../../../provider/linux/shell-assignments";

const file = "/etc/default/grub";
const read = (text: string) =>
  shellAssignments([{ path: file, text }]).map(({ name, value, line }) => [name, value, line]);

describe("reads assignments as dash would make them", () => {
  test.each<[string, (readonly [string, string | undefined, number])[]]>([
    [
      "A=1\n#A=2\n  B='x y' # c='d'\n",
      [
        ["A", "1", 1],
        ["B", "x y", 3],
      ],
    ],
    [
      'export A="a b" ; B=9',
      [
        ["A", "a b", 1],
        ["B", "9", 1],
      ],
    ],
    ["A='quiet'\" splash \"nosplit", [["A", "quiet splash nosplit", 1]]],
    [
      'A="dyndbg=\\"file x +p\\" cost=\\$5 t=\\`x\\` b=\\\\s p=\\n"',
      [["A", 'dyndbg="file x +p" cost=$5 t=`x` b=\\s p=\\n', 1]],
    ],
    [
      'A="a \\\n  b"\nB=\\\n"c"\nC=3',
      [
        ["A", "a   b", 1],
        ["B", "c", 3],
        ["C", "3", 5],
      ],
    ],
    [
      'A="x\ny"\nB=1',
      [
        ["A", "x\ny", 1],
        ["B", "1", 3],
      ],
    ],
    [
      "A=a#b\nB=\nC=é",
      [
        ["A", "a#b", 1],
        ["B", "", 2],
        ["C", "é", 3],
      ],
    ],
    [
      'A=1\nB="$A 2"\nC=${B}3',
      [
        ["A", "1", 1],
        ["B", "1 2", 2],
        ["C", "1 23", 3],
      ],
    ],
    [
      'A=$(date)\nB=`date`\nC="${X:-y}"\nD=$HOME',
      [
        ["A", undefined, 1],
        ["B", undefined, 2],
        ["C", undefined, 3],
        ["D", undefined, 4],
      ],
    ],
    [
      "A=$(echo \"$(x)\" ')' ) B=2",
      [
        ["A", undefined, 1],
        ["B", "2", 1],
      ],
    ],
    [
      'A=1 command\n[ x ] && B=2\nC="it\'s"',
      [
        ["B", undefined, 2],
        ["C", "it's", 3],
      ],
    ],
    [
      "if [ a ]; then\n  A=1\nelse A=2; fi\nB=3",
      [
        ["A", undefined, 2],
        ["A", undefined, 3],
        ["B", "3", 4],
      ],
    ],
    [
      "f() {\n A=1\n}\nB=2",
      [
        ["A", undefined, 2],
        ["B", "2", 4],
      ],
    ],
    ["A=5\r\n", [["A", "5\r", 1]]],
  ])("%j", (text, want) => {
    expect(read(text)).toEqual(want);
  });

  test("a file sees what the files before it have set; the last assignment holds", () => {
    const all = shellAssignments([
      { path: "/etc/default/grub", text: "GRUB_CMDLINE_LINUX=a\n" },
      { path: "/etc/default/grub.d/50-cloudimg-settings.cfg", text: '\nGRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX b"\n' },
    ]);
    expect(lastAssignment(all, "GRUB_CMDLINE_LINUX")).toEqual({
      name: "GRUB_CMDLINE_LINUX",
      value: "a b",
      raw: '"$GRUB_CMDLINE_LINUX b"',
      file: "/etc/default/grub.d/50-cloudimg-settings.cfg",
      line: 2,
    });
    expect(lastAssignment(all, "GRUB_DEFAULT")).toBeUndefined();
  });

  test("the kernel's arguments are empty at first; any other variable may come from the environment", () => {
    expect(read('GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT x"\nA=$LANG')).toEqual([
      ["GRUB_CMDLINE_LINUX_DEFAULT", " x", 1],
      ["A", undefined, 2],
    ]);
  });
});
