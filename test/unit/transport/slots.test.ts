import { createOutput } from "../../../provider/transport/output";
import { createSlots } from "../../../provider/transport/slots";

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("createSlots", () => {
  test("lets the next in line in when one is given back, in order", async () => {
    const slots = createSlots(2);
    const entered: string[] = [];
    const take = (name: string): Promise<() => void> =>
      slots.take().then((free) => {
        entered.push(name);
        return free;
      });
    const [freeA] = [await take("a"), await take("b")];
    void take("c");
    void take("d");
    await soon();
    expect(entered).toEqual(["a", "b"]);
    freeA();
    freeA();
    await soon();
    expect(entered).toEqual(["a", "b", "c"]);
  });
});

describe("createOutput", () => {
  test("joins a character that is split over two chunks", () => {
    const output = createOutput(100, () => undefined);
    const bytes = Buffer.from("größe");
    output.add("stdout", bytes.subarray(0, 3));
    output.add("stdout", bytes.subarray(3));
    output.add("stderr", Buffer.from("e"));
    expect(output.texts()).toEqual({ stdout: "größe", stderr: "e" });
  });

  test("keeps exactly as much as allowed, both streams together; one byte more is told once and drops all", () => {
    let exceeded = 0;
    const output = createOutput(4, () => (exceeded += 1));
    output.add("stdout", Buffer.from("ab"));
    output.add("stderr", Buffer.from("cd"));
    expect(output.texts()).toEqual({ stdout: "ab", stderr: "cd" });
    output.add("stdout", Buffer.from("e"));
    output.add("stdout", Buffer.from("f"));
    expect([exceeded, output.texts()]).toEqual([1, { stdout: "", stderr: "" }]);
  });
});
