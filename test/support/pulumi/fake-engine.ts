import * as grpc from "@grpc/grpc-js";
import { EngineService, type IEngineServer } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";

export interface LogCall {
  readonly severity: "debug" | "info" | "warning" | "error";
  readonly urn: string;
  readonly message: string;
  readonly ephemeral: boolean;
  readonly atMilliseconds: number;
}

/** A fake: it records Log calls and answers nothing else. What the CLI makes of them is seen only with the real CLI. */
export interface FakeEngine {
  /** `127.0.0.1:port`, as the engine gives it to a provider process. */
  readonly address: string;
  readonly logs: readonly LogCall[];
  stop(): void;
}

const severities = {
  [LogSeverity.DEBUG]: "debug",
  [LogSeverity.INFO]: "info",
  [LogSeverity.WARNING]: "warning",
  [LogSeverity.ERROR]: "error",
} as const;

/** `answer: "never"` takes log calls and leaves them unanswered. */
export async function startFakeEngine({
  answer = "always",
}: { answer?: "always" | "never" } = {}): Promise<FakeEngine> {
  const logs: LogCall[] = [];
  const log: IEngineServer["log"] = (call, callback) => {
    const request = call.request;
    logs.push({
      severity: severities[request.getSeverity()],
      urn: request.getUrn(),
      message: request.getMessage(),
      ephemeral: request.getEphemeral(),
      atMilliseconds: Date.now(),
    });
    if (answer === "always") callback(null, new Empty());
  };
  const server = new grpc.Server();
  server.addService({ log: EngineService.log }, { log });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return { address: `127.0.0.1:${String(port)}`, logs, stop: () => server.forceShutdown() };
}
