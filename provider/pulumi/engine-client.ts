import type * as Grpc from "@grpc/grpc-js";
import type * as EngineService from "@pulumi/pulumi/proto/engine_grpc_pb";
import type * as EngineMessages from "@pulumi/pulumi/proto/engine_pb";
import { createRequire } from "node:module";

/**
 * The engine's Log RPC. `pulumi.log` has no engine in the provider process and would print on the Stack's row; this
 * call takes a URN. Without an engine, or when it does not answer, lines are dropped.
 */
export interface LogLine {
  readonly severity: "info" | "warning";
  readonly urn: string | undefined;
  readonly message: string;
  /** Shown on the row while the step runs, and not kept. */
  readonly ephemeral: boolean;
}

const deadlineMilliseconds = 2000;

type Send = (line: LogLine) => Promise<void>;

/** "none": not started by an engine, or one that failed to answer once and shall cost no second wait. */
let engine: Send | "none" | undefined;

/** Never throws, and waits for at most two seconds in the life of the process. */
export async function sendToEngine(line: LogLine): Promise<void> {
  try {
    engine ??= connect(engineAddress(process.argv));
    if (engine !== "none") await engine(line);
  } catch {
    engine = "none";
  }
}

/**
 * The last argument of the process, `127.0.0.1:41507` (pulumi/pulumi, pkg/resource/plugin/provider_plugin.go);
 * undefined when no engine started it.
 */
export function engineAddress(argv: readonly string[]): string | undefined {
  const last = argv.at(-1);
  return last !== undefined && /^[^\s/]+:\d+$/.test(last) ? last : undefined;
}

function connect(address: string | undefined): Send | "none" {
  if (address === undefined) return "none";
  const { grpc, service, messages } = loadProtocol();
  const client = new service.EngineClient(address, grpc.credentials.createInsecure());
  return (line) =>
    new Promise((resolve, reject) => {
      const request = new messages.LogRequest();
      request.setSeverity(line.severity === "warning" ? messages.LogSeverity.WARNING : messages.LogSeverity.INFO);
      request.setMessage(line.message);
      request.setUrn(line.urn ?? "");
      request.setEphemeral(line.ephemeral);
      const options = { deadline: Date.now() + deadlineMilliseconds };
      client.log(request, new grpc.Metadata(), options, (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
}

/** Only when the first line is sent, and from the SDK's own dependencies: gRPC is none of ours. */
function loadProtocol() {
  const require = createRequire(__filename);
  const requireOfPulumi = createRequire(require.resolve("@pulumi/pulumi/package.json"));
  return {
    grpc: requireOfPulumi("@grpc/grpc-js") as typeof Grpc,
    service: require("@pulumi/pulumi/proto/engine_grpc_pb") as typeof EngineService,
    messages: require("@pulumi/pulumi/proto/engine_pb") as typeof EngineMessages,
  };
}
