/** An agent in a pod: as the instance that the control plane says it is, or by the pod's release document until somebody says so. */
import type { ReleaseDocument } from '../../schema/agent/release-document.ts';
import type { Agent, AgentOptions } from '../agent.ts';
import { loadConfiguration, type AgentConfiguration } from '../config/instance.ts';
import type { Settings } from '../config/settings.ts';
import { Identity } from '../identity/identity.ts';
import type { IdentitySettings } from '../identity/settings.ts';
import type { AgentLog } from '../logs/agent-log.ts';
import { aloneConfiguration } from './alone.ts';
import { ReleaseFile } from './release-file.ts';

export type AgentInPod = Pick<AgentOptions, 'nearby' | 'alone' | 'onTokenRefused' | 'tokenSettled'>;

export interface PodOptions {
  /** Of `instance.json`. */
  readonly path: string;
  readonly settings: Settings;
  readonly log: AgentLog;
  /** The pod is another instance than it was: nothing of what runs counts any more. */
  readonly onOther: (error: Error) => void;
}

export class Pod {
  readonly #settings: IdentitySettings;
  readonly #options: PodOptions;
  readonly #identity: Identity;
  readonly #releaseFile: ReleaseFile;
  /** While nobody has said which instance it is. */
  #alone: Agent | undefined;

  constructor(settings: IdentitySettings, options: PodOptions) {
    const { path, log, onOther, settings: agentSettings } = options;
    this.#settings = settings;
    this.#options = options;
    this.#releaseFile = new ReleaseFile(settings.releaseFile, log);
    const onKnown = (): void => this.#becomeKnown();
    this.#identity = new Identity({ settings, path, agentSettings, log, onOther, onKnown });
  }

  /** Waits until there is something to be run by. Rejects when it is closed. */
  async agent(make: (configuration: AgentConfiguration, inPod: AgentInPod) => Agent): Promise<Agent> {
    const { path, settings, log } = this.#options;
    const identity = this.#identity;
    const inPod = {
      nearby: this.#releaseFile,
      onTokenRefused: () => identity.refused(),
      tokenSettled: () => identity.settled(),
    };
    let found: ReleaseDocument | undefined;
    const how = await this.#identity.obtain(() => (found = this.#releaseFile.read()) !== undefined);
    if (how === 'known' || found === undefined) return make(loadConfiguration(path, settings), inPod);
    const { url } = this.#settings;
    log('warn', 'nobody says which instance this pod is; it runs by its release document until somebody does', {
      ...{ url, release: found.stable.release },
    });
    this.#releaseFile.begin(found);
    const configuration = aloneConfiguration(found, this.#settings, path, settings);
    this.#alone = make(configuration, { ...inPod, alone: found });
    return this.#alone;
  }

  async close(): Promise<void> {
    await this.#identity.close();
  }

  #becomeKnown(): void {
    const agent = this.#alone;
    if (agent === undefined) return;
    this.#alone = undefined;
    this.#releaseFile.end();
    agent.become(loadConfiguration(this.#options.path, this.#options.settings).document);
  }
}
