/** The command line as somebody has it who works at another machine, and an application that is watched with it. */
import { join } from 'node:path';
import { run, type Ended } from '../../control-plane/cli/testing/run.ts';
import { isReady, podsIn } from './pods.ts';

const LOAD_BALANCERS = 2;

export class CommandLine {
  readonly #folder: string;

  /** `folder`: for what is stored of logins. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Output; rejects with what is said when it does not end with 0. */
  async run(...args: readonly string[]): Promise<string> {
    return this.#ended(args);
  }

  /** The next commands go there. */
  async login(url: string, bearer: string): Promise<void> {
    await this.#ended(['login', url], bearer);
  }

  async #ended(args: readonly string[], stdin = ''): Promise<string> {
    const env = { CARTWRIGHT_CONFIG: join(this.#folder, 'contexts.json') };
    const ended: Ended = await run(args, { env, cwd: this.#folder, stdin });
    if (ended.code !== 0) throw new Error(`cartwright ${args.join(' ')} (${ended.code}): ${ended.stderr}`);
    return ended.stdout;
  }
}

interface Instance {
  readonly uid: string;
  readonly alias: string;
  readonly state: string;
  readonly unreachable: boolean;
}

/** An application with the component `web`. */
export class Watched {
  readonly namespace: string;
  readonly #cli: CommandLine;
  readonly #application: string;

  constructor(cli: CommandLine, application: string, namespace: string) {
    this.#cli = cli;
    this.#application = application;
    this.namespace = namespace;
  }

  /** As many of `web` and both load balancers serve, and there is nothing else of it, neither instances nor pods. */
  async isAtRest(instances: number): Promise<boolean> {
    const [seen, pods] = await Promise.all([this.#instances(), this.#pods()]);
    const wanted = instances + LOAD_BALANCERS;
    return (
      seen.length === wanted &&
      seen.filter(({ alias }) => alias === 'web').length === instances &&
      seen.every(({ state, unreachable }) => state === 'ACTIVE' && !unreachable) &&
      pods.length === wanted &&
      pods.every(isReady)
    );
  }

  /** What is there, to be compared: its instances, its pods with how often each was started anew, and its URL. */
  async present() {
    const pods = await this.#pods();
    return {
      instances: (await this.#instances()).map(({ uid, alias }) => `${alias} ${uid}`).sort(),
      pods: pods.map(({ metadata, status }) => `${metadata.uid} ${status.containerStatuses?.[0]?.restartCount}`).sort(),
      url: (JSON.parse(await this.#cli.run('get', 'applications', this.#application, '-o', 'json')) as { url: string })
        .url,
    };
  }

  async #instances(): Promise<Instance[]> {
    const text = await this.#cli.run('get', 'instances', '-a', this.#application, '-o', 'json');
    return JSON.parse(text) as Instance[];
  }

  #pods() {
    return podsIn(this.namespace, `cartwright.dev/application=${this.#application},cartwright.dev/alias`);
  }
}
