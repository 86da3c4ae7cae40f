/* A browser of the Chromium family without a window, spoken to over its DevTools protocol. */
import { spawn, type ChildProcess } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

import { diesWithUs } from "../lib/process";

const names = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "microsoft-edge",
  "brave-browser",
];
const startSeconds = 60;
const answerSeconds = 60;

/** Path of the first browser that is there; undefined: none. `CHROME_PATH` goes before PATH. */
export function findBrowser(env: NodeJS.ProcessEnv): string | undefined {
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const onPath = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  const given = env["CHROME_PATH"];
  return [...(given === undefined ? [] : [given]), ...onPath].find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** How a picture is looked at. */
export interface View {
  readonly theme: "light" | "dark";
  readonly vision: "none" | "deuteranopia" | "protanopia" | "tritanopia" | "achromatopsia";
  /** Width of the window in CSS pixels; the picture is scaled down to it. */
  readonly width: number;
  readonly height: number;
  /** Device pixels for a CSS pixel. */
  readonly scale: number;
}

export interface Browser {
  /** PNG of an SVG file. */
  photograph(file: URL, view: View): Promise<Buffer>;
  close(): void;
}

export async function openBrowser(path: string): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), "kvm-tuning-browser-"));
  const root = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const flags = ["--headless=new", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-port=0", ...root];
  const argv = diesWithUs([path, ...flags, `--user-data-dir=${profile}`, "about:blank"]);
  const child = spawn(argv[0] ?? path, argv.slice(1), { stdio: ["ignore", "ignore", "pipe"] });
  const end = (): void => {
    child.once("exit", () => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));
    child.kill("SIGTERM");
  };
  try {
    const session = await openSession(await addressOf(child, path));
    return {
      photograph: (file, view) => photograph({ ...session, folder: profile }, file, view),
      close: () => {
        session.close();
        end();
      },
    };
  } catch (error) {
    end();
    throw error;
  }
}

/** The line that the browser prints when it listens. */
function addressOf(child: ChildProcess, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const failed = (why: string): void => {
      reject(new Error(`${path} ${why}: ${said.trim().slice(-500)}`));
    };
    const timer = setTimeout(() => failed(`did not start within ${startSeconds} seconds`), startSeconds * 1000);
    child.stderr?.on("data", (data: Buffer) => {
      said += data.toString();
      const address = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
      if (address === undefined) return;
      clearTimeout(timer);
      resolve(address);
    });
    child.once("error", (error) => failed(`cannot be started (${error.message})`));
    child.once("exit", (code) => failed(`ended with ${String(code)}`));
  });
}

interface Session {
  call(method: string, params?: object): Promise<Record<string, unknown>>;
  close(): void;
}

interface Tab extends Session {
  /** For what it shows; goes with the browser. */
  readonly folder: string;
}

interface Answer {
  readonly id?: number;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** A tab. */
async function openSession(address: string): Promise<Session> {
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve, { once: true });
    socket.addEventListener("error", () => reject(new Error(`no DevTools connection to ${address}`)), { once: true });
  });
  const waiting = new Map<number, (answer: Answer) => void>();
  socket.addEventListener("message", ({ data }) => {
    const answer = JSON.parse(String(data)) as Answer;
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer);
  });
  let last = 0;
  const send = (method: string, params: object, sessionId?: string): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => {
      const id = (last += 1);
      const timer = setTimeout(() => {
        reject(new Error(`the browser does not answer ${method}`));
      }, answerSeconds * 1000);
      waiting.set(id, ({ result, error }) => {
        clearTimeout(timer);
        waiting.delete(id);
        if (error === undefined) resolve(result ?? {});
        else reject(new Error(`${method}: ${error.message}`));
      });
      socket.send(JSON.stringify({ id, method, params, sessionId }));
    });
  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
  return {
    call: (method, params = {}) => send(method, params, String(sessionId)),
    close: () => socket.close(),
  };
}

async function photograph({ call, folder }: Tab, file: URL, view: View): Promise<Buffer> {
  const { theme, vision, width, height, scale } = view;
  // As a page shows it: an image, which may load nothing and run nothing.
  const page = pathToFileURL(join(folder, "page.html"));
  writeFileSync(page, pageWith(file));
  await call("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: scale, mobile: false });
  await call("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: theme }] });
  await call("Emulation.setEmulatedVisionDeficiency", { type: vision });
  await call("Page.navigate", { url: page.href });
  await shown(call);
  const { data } = await call("Page.captureScreenshot", { format: "png" });
  return Buffer.from(String(data), "base64");
}

const pageWith = (file: URL): string =>
  `<!doctype html><meta name="color-scheme" content="light dark"><body style="margin:0">` +
  `<img src="${file.href}" style="display:block;width:100%">`;

async function shown(call: Session["call"]): Promise<void> {
  const expression = `location.href.endsWith("page.html") && document.images[0]?.complete && document.images[0].naturalWidth > 0`;
  for (const end = Date.now() + answerSeconds * 1000; Date.now() < end;) {
    const { result } = await call("Runtime.evaluate", { expression });
    if ((result as { value?: unknown } | undefined)?.value === true) return;
    await sleep(50);
  }
  throw new Error("the browser does not show the picture: is it well-formed?");
}
