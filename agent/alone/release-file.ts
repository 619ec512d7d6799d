/** The release document of a pod: a file that Kubernetes keeps as it is in the namespace. It may hold secrets, and is never logged. */
import { readFileSync, statSync } from 'node:fs';
import {
  MAX_RELEASE_DOCUMENT_BYTES,
  releaseDocument,
  type Balancing,
  type ReleaseDocument,
} from '../../schema/agent/release-document.ts';
import type { DesiredRelease } from '../../schema/mqtt/desired.ts';
import type { Nearby } from '../artifacts/nearby.ts';
import type { AgentLog } from '../logs/agent-log.ts';

export class ReleaseFile implements Nearby {
  readonly #path: string;
  readonly #log: AgentLog;
  /** What the pod runs by until it is known which instance it is. */
  #alone: ReleaseDocument | undefined;

  constructor(path: string, log: AgentLog) {
    this.#path = path;
    this.#log = log;
  }

  get isAlone(): boolean {
    return this.#alone !== undefined;
  }

  /** As it is now; `undefined` where there is none, or it is not understood, which is told. Never throws. */
  read(): ReleaseDocument | undefined {
    try {
      const { size } = statSync(this.#path);
      if (size > MAX_RELEASE_DOCUMENT_BYTES) return this.#refuse(`it has ${size} bytes`);
      const { data, error } = releaseDocument.safeParse(parsed(readFileSync(this.#path, 'utf8')));
      // Where it is wrong, and not what stands there.
      return data ?? this.#refuse(error?.issues[0]?.path.join('.') ?? '');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return code === 'ENOENT' ? undefined : this.#refuse(code ?? 'it cannot be read');
    }
  }

  /** From now on the pod runs by this document. */
  begin(document: ReleaseDocument): void {
    this.#alone = document;
  }

  /** It is known which instance the pod is: the control plane is asked again. */
  end(): void {
    this.#alone = undefined;
  }

  release({ release, configurationDigest }: DesiredRelease): ReturnType<Nearby['release']> {
    const { stable, configuration, secrets } = this.#alone ?? {};
    if (stable?.release !== release || stable.configurationDigest !== configurationDigest) return undefined;
    return { configuration: Buffer.from(configuration!), secrets };
  }

  artifact(digest: string): ReturnType<Nearby['artifact']> {
    const { url, bearers } = (this.#alone ?? this.read())?.artifactServer ?? {};
    const bearer = bearers?.[digest];
    return url === undefined || bearer === undefined ? undefined : { url: `${url}/${digest}`, bearer };
  }

  balancing(): Balancing | undefined {
    return (this.#alone ?? this.read())?.balancing;
  }

  #refuse(where: string): undefined {
    this.#log('warn', 'the release document of this pod is not understood', { path: this.#path, where });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message would quote the text.
    return undefined;
  }
}
