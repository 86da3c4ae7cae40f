import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";

export type Props = Record<string, unknown>;

export interface CheckAnswer {
  readonly inputs: Props;
  readonly failures: { property: string; reason: string }[];
}

export interface DiffAnswer {
  readonly changes: "unknown" | "none" | "some";
  readonly replaces: string[];
  readonly deleteBeforeReplace: boolean;
}

/** What the engine asks of a provider, with plain objects. An error rejects with `ProviderError`. */
export interface ProviderClient {
  configure(config: Record<string, string>): Promise<void>;
  check(news: Props, olds?: Props): Promise<CheckAnswer>;
  diff(id: string, olds: Props, news: Props): Promise<DiffAnswer>;
  create(properties: Props): Promise<{ id: string; properties: Props }>;
  read(id: string, properties: Props): Promise<{ id: string; properties: Props; inputs: Props }>;
  update(id: string, olds: Props, news: Props): Promise<{ properties: Props }>;
  delete(id: string, properties: Props): Promise<void>;
}

/** An error answer. `initFailed`: the engine keeps the resource, with these properties. */
export class ProviderError extends Error {
  override readonly name = "ProviderError";
  constructor(
    message: string,
    readonly initFailed: { id: string; properties: Props; reasons: string[] } | undefined,
  ) {
    super(message);
  }
}

export const urn = "urn:pulumi:dev::program::pulumi-nodejs:dynamic/kvm-tuning:Toy::toy";

const changes = ["unknown", "none", "some"] as const;

export function providerClient(port: number): ProviderClient & { close(): void } {
  const client = new ResourceProviderClient(`127.0.0.1:${String(port)}`, grpc.credentials.createInsecure());
  return {
    close: () => client.close(),
    async configure(config) {
      const request = new messages.ConfigureRequest();
      request.setArgs(struct(config));
      await answer<messages.ConfigureResponse>((done) => client.configure(request, done));
    },
    async check(news, olds = {}) {
      const request = filled(new messages.CheckRequest(), { olds, news });
      const response = await answer<messages.CheckResponse>((done) => client.check(request, done));
      return { inputs: plain(response.getInputs()), failures: response.getFailuresList().map((one) => one.toObject()) };
    },
    async diff(id, olds, news) {
      const request = filled(new messages.DiffRequest(), { olds, news });
      request.setId(id);
      const response = await answer<messages.DiffResponse>((done) => client.diff(request, done));
      return {
        changes: changes[response.getChanges()],
        replaces: response.getReplacesList(),
        deleteBeforeReplace: response.getDeletebeforereplace(),
      };
    },
    async create(properties) {
      const request = new messages.CreateRequest();
      request.setUrn(urn);
      request.setProperties(struct(properties));
      const response = await answer<messages.CreateResponse>((done) => client.create(request, done));
      return { id: response.getId(), properties: plain(response.getProperties()) };
    },
    async read(id, properties) {
      const request = new messages.ReadRequest();
      request.setId(id);
      request.setUrn(urn);
      request.setProperties(struct(properties));
      const response = await answer<messages.ReadResponse>((done) => client.read(request, done));
      return { id: response.getId(), properties: plain(response.getProperties()), inputs: plain(response.getInputs()) };
    },
    async update(id, olds, news) {
      const request = filled(new messages.UpdateRequest(), { olds, news });
      request.setId(id);
      const response = await answer<messages.UpdateResponse>((done) => client.update(request, done));
      return { properties: plain(response.getProperties()) };
    },
    async delete(id, properties) {
      const request = new messages.DeleteRequest();
      request.setId(id);
      request.setUrn(urn);
      request.setProperties(struct(properties));
      await answer((done) => client.delete(request, done));
    },
  };
}

type TwoSided = messages.CheckRequest | messages.DiffRequest | messages.UpdateRequest;

function filled<Request extends TwoSided>(request: Request, { olds, news }: { olds: Props; news: Props }): Request {
  request.setUrn(urn);
  request.setOlds(struct(olds));
  request.setNews(struct(news));
  return request;
}

function answer<Response>(call: (done: grpc.requestCallback<Response>) => unknown): Promise<Response> {
  return new Promise((resolve, reject) => {
    call((error, response) => {
      if (error !== null) reject(providerError(error));
      else if (response === undefined) reject(new Error("the server answered neither a value nor an error"));
      else resolve(response);
    });
  });
}

/** `grpc-status-details-bin` holds a google.rpc.Status whose detail is an ErrorResourceInitFailed. */
function providerError(error: grpc.ServiceError): ProviderError {
  const [details] = error.metadata.get("grpc-status-details-bin");
  const detail = Buffer.isBuffer(details) ? Status.deserializeBinary(details).getDetailsList()[0] : undefined;
  if (detail === undefined) return new ProviderError(error.details, undefined);
  const failed = messages.ErrorResourceInitFailed.deserializeBinary(detail.getValue_asU8());
  const { id, properties, reasons } = {
    id: failed.getId(),
    properties: plain(failed.getProperties()),
    reasons: failed.getReasonsList(),
  };
  return new ProviderError(error.details, { id, properties, reasons });
}

function struct(props: Props): Struct {
  return Struct.fromJavaScript(props as Record<string, JavaScriptValue>);
}

function plain(value: Struct | undefined): Props {
  return value?.toJavaScript() ?? {};
}
