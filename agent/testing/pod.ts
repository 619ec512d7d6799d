/** What stands around an agent in a pod: the token of the pod, its environment, and a control plane that says which instance it is. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  IDENTITY_PATH,
  identityRequest,
  type IdentityAnswer,
  type IdentityRequest,
} from '../../schema/agent/identity.ts';
import type { InstanceDocument } from '../../schema/agent/instance.ts';
import { newUid } from '../../schema/ids.ts';
import { TOKEN } from './broker.ts';
import type { Platform } from './platform.ts';

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly retryAfterSeconds?: number;
}

export class TestPod {
  readonly hostCluster = newUid();
  readonly folder: string;
  readonly asked: IdentityRequest[] = [];
  /** What is answered; a refusal while it is one. */
  answer: IdentityAnswer | Refusal;
  /** Waited for when it is asked. */
  beforeAnswer: (() => Promise<void>) | undefined;
  readonly #platform: Platform;
  readonly #document: InstanceDocument;

  /** Answers on the platform's endpoints from now on. */
  constructor(platform: Platform) {
    this.#platform = platform;
    this.folder = join(platform.root, 'identity');
    mkdirSync(this.folder);
    this.setToken('header.first.signature');
    this.#document = JSON.parse(readFileSync(platform.writeInstance(), 'utf8')) as InstanceDocument;
    platform.clearInstance();
    this.answer = this.identity();
    platform.endpoints.intercept = (request, response) => {
      if (request.url !== IDENTITY_PATH) return false;
      void this.#answer(request, response);
      return true;
    };
  }

  /** As the kubelet does it. */
  setToken(token: string): void {
    writeFileSync(join(this.folder, 'token.new'), token);
    renameSync(join(this.folder, 'token.new'), join(this.folder, 'token'));
  }

  /** The platform's instance. */
  identity(changes: Partial<IdentityAnswer> = {}): IdentityAnswer {
    const { cartridge, ...document } = this.#document;
    const { name, spec } = cartridge;
    return {
      v: 1,
      document: { ...document, cartridge: { name, spec } },
      token: TOKEN,
      renewAfterSeconds: 3600,
      ...changes,
    };
  }

  /** Where the kubelet takes the container's message from. */
  get messageFile(): string {
    return join(this.folder, 'message');
  }

  get environment(): Record<string, string> {
    return {
      CARTWRIGHT_CONTROL_PLANE: this.#platform.endpoints.url,
      CARTWRIGHT_HOST_CLUSTER: this.hostCluster,
      CARTWRIGHT_POD_IP: '127.0.0.1',
      CARTWRIGHT_IDENTITY_FOLDER: this.folder,
      CARTWRIGHT_CARTRIDGE_FOLDER: join(this.#platform.root, 'cartridge'),
      CARTWRIGHT_MESSAGE_FILE: this.messageFile,
    };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.asked.push(identityRequest.parse(JSON.parse(await text(request))));
    await this.beforeAnswer?.();
    const { answer } = this;
    if ('document' in answer) return void response.end(JSON.stringify(answer));
    const { status, code, retryAfterSeconds } = answer;
    response.writeHead(status, retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) });
    response.end(JSON.stringify({ error: { code, message: `said of ${this.asked.at(-1)!.token}` } }));
  }
}
