import { utils } from "ssh2";
import type { AuthContext, AuthenticationType, Connection, ParsedKey } from "ssh2";

export interface FakeUser {
  /** Lines as in authorized_keys. */
  readonly publicKeys?: readonly string[];
  readonly password?: string;
  /** The answer that the prompt "Password: " wants; the plain password method is then not offered. */
  readonly keyboardInteractive?: string;
  /** The password is right but has run out. */
  readonly passwordExpired?: boolean;
}

interface Rules {
  readonly users: Readonly<Record<string, FakeUser>>;
  readonly maxTries: number;
}

export function authenticate(client: Connection, rules: Rules): void {
  let tries = 0;
  client.on("authentication", (attempt) => {
    const user = rules.users[attempt.username];
    // An unknown user is offered the usual methods, as sshd does, so that nobody can find out who exists.
    const methods = methodsOf(user ?? { publicKeys: [], password: "" });
    const refuse = (): void => {
      tries += 1;
      if (tries >= rules.maxTries) disconnect(client);
      else attempt.reject(methods);
    };
    if (user === undefined) return refuse();
    check(attempt, user, refuse);
  });
}

/** sshd ends the connection with reason 2 and this text. */
function disconnect(client: Connection): void {
  const inner = client as unknown as { _protocol: { disconnect(reason: number): void }; end(): void };
  inner._protocol.disconnect(2);
  client.end();
}

function methodsOf(user: FakeUser): AuthenticationType[] {
  return [
    ...(user.publicKeys ? (["publickey"] as const) : []),
    ...(user.password === undefined ? [] : (["password"] as const)),
    ...(user.keyboardInteractive === undefined ? [] : (["keyboard-interactive"] as const)),
  ];
}

function check(attempt: AuthContext, user: FakeUser, refuse: () => void): void {
  switch (attempt.method) {
    case "publickey": {
      const key = (user.publicKeys ?? []).map(parsed).find((known) => known.getPublicSSH().equals(attempt.key.data));
      // Without a signature the client only asks whether the key would do.
      const { blob, signature } = attempt;
      const asks = blob === undefined || signature === undefined;
      return key && (asks || Object.is(key.verify(blob, signature, attempt.hashAlgo), true))
        ? attempt.accept()
        : refuse();
    }
    case "password":
      if (user.password !== attempt.password) return refuse();
      if (user.passwordExpired) return attempt.requestChange("Your password has expired.", refuse);
      return attempt.accept();
    case "keyboard-interactive":
      if (user.keyboardInteractive === undefined) return refuse();
      return attempt.prompt([{ prompt: "Password: ", echo: false }], (answers) => {
        if (answers[0] === user.keyboardInteractive) attempt.accept();
        else refuse();
      });
    case "hostbased":
    case "none":
      return refuse();
  }
}

function parsed(line: string): ParsedKey {
  const key = utils.parseKey(line);
  if (key instanceof Error) throw key;
  return key;
}
