/** One proxy hop takes the same fields as the connection but no further proxy. */
export interface ProxyConnection {
  readonly host: string;
  readonly port?: number | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly privateKey?: string | undefined;
  readonly privateKeyPassword?: string | undefined;
  readonly agentSocketPath?: string | undefined;
  readonly dialErrorLimit?: number | undefined;
  readonly perDialTimeout?: number | undefined;
  readonly hostKey?: string | undefined;
  readonly hostKeys?: readonly string[] | undefined;
  readonly hostKeyFingerprint?: string | undefined;
  readonly insecureIgnoreHostKey?: boolean | undefined;
}

export interface Connection extends ProxyConnection {
  readonly proxy?: ProxyConnection | undefined;
}
