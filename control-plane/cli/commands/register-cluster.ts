/** Commands for host clusters: the Kubernetes clusters that instances may run in. */
import type { Command } from 'commander';
import { destroying, type Confirmation } from '../confirm.ts';
import { more } from '../help.ts';
import type { Io } from '../io.ts';
import type { Printer } from '../output/printer.ts';
import { printsNames } from './prints-names.ts';
import type { WithSession } from './register.ts';

/** As commander gives them. */
export interface CredentialOptions {
  readonly kubeconfig?: string;
  readonly inCluster?: boolean;
  readonly kubeContext?: string;
}

export interface ClusterAddOptions extends CredentialOptions {
  readonly broker: string;
  readonly controlPlane: string;
  readonly ca?: string;
  readonly probe: boolean;
  readonly probeImage?: string;
  readonly wait: boolean;
}

const withCredential = (command: Command): Command =>
  command
    .option('--kubeconfig <file>', 'a kubeconfig, or - for stdin; only the context that is used is sent')
    .option('--in-cluster', 'the service account of the control plane’s own pod, in the place of a kubeconfig')
    .option('--kube-context <name>', 'context of the kubeconfig; its current one if absent');

export function registerClusterCommands(
  program: Command,
  io: Io,
  printer: () => Printer,
  withSession: WithSession,
): void {
  const cluster = program.command('cluster').description('Kubernetes clusters that instances may run in (operators)');
  const load = () => import('./cluster.ts');
  withCredential(
    printsNames(cluster.command('add').argument('<name>', 'of the host cluster'))
      .description('register a cluster: reaches it, checks every right, and probes it with a pod')
      .requiredOption('--broker <url>', 'the broker as pods of the cluster reach it: mqtt[s]://HOST:PORT')
      .requiredOption('--control-plane <url>', 'the control plane as pods of the cluster reach it: http[s]://HOST:PORT')
      .option('--ca <file>', 'certificates (PEM) of the authorities of both'),
  )
    .option('--no-probe', 'do not run a pod that resolves and connects')
    .option('--probe-image <image>', 'image of that pod, with Node.js in it')
    .option('--no-wait', 'do not wait for the probe')
    .addHelpText(
      'after',
      more({
        text: [
          'Exit code 1 when the cluster is not reached, when rights are missing (all are named) or when the probe fails. Of a kubeconfig the one context that is used is sent, with the content of the files that it names: docs/host-clusters.md',
        ],
        examples: [
          'cartwright cluster add frankfurt --broker mqtts://paas.example:8883 --control-plane https://paas.example --kubeconfig kubeconfig.yaml',
        ],
      }),
    )
    .action((name: string, options: ClusterAddOptions) =>
      withSession(async (session) => (await load()).add(session, name, options)),
    );
  printsNames(cluster.command('get').argument('[name]', 'which; all if absent'))
    .alias('list')
    .description('list clusters: whether they answer, their version, room and last error')
    .addHelpText('after', more({ examples: ['cartwright cluster get', 'cartwright cluster get frankfurt -o json'] }))
    .action((name: string | undefined) => withSession(async (session) => (await load()).get(session, name)));
  printsNames(cluster.command('describe').argument('<name>', 'which'))
    .description('show all that is known of a cluster')
    .addHelpText(
      'after',
      more({
        text: ['Whether it answers, its version, room, probe and last error; never its credential.'],
        examples: ['cartwright cluster describe frankfurt'],
      }),
    )
    .action((name: string) => withSession(async (session) => (await load()).show(session, name)));
  withCredential(
    printsNames(cluster.command('rotate').argument('<name>', 'which')).description(
      'give a cluster another credential, checked as the first one was',
    ),
  )
    .addHelpText('after', more({ examples: ['cartwright cluster rotate frankfurt --kubeconfig - < kubeconfig.yaml'] }))
    .action((name: string, options: CredentialOptions) =>
      withSession(async (session) => (await load()).rotate(session, name, options)),
    );
  printsNames(cluster.command('probe').argument('<name>', 'which'))
    .description('run the probe once more; exit code 1 when something fails')
    .option('--probe-image <image>', 'image of its pod, with Node.js in it')
    .option('--no-wait', 'do not wait for its end')
    .addHelpText('after', more({ examples: ['cartwright cluster probe frankfurt'] }))
    .action((name: string, options: { probeImage?: string; wait: boolean }) =>
      withSession(async (session) => (await load()).probe(session, name, options)),
    );
  printsNames(cluster.command('drain').argument('<name>', 'which'))
    .description('place nothing new there')
    .addHelpText(
      'after',
      more({
        text: ['Instances that are there move, one at a time.'],
        examples: ['cartwright cluster drain frankfurt'],
      }),
    )
    .action((name: string) => withSession(async (session) => (await load()).drain(session, name)));
  printsNames(cluster.command('undrain').argument('<name>', 'which'))
    .description('use a cluster again that was drained')
    .addHelpText('after', more({ examples: ['cartwright cluster undrain frankfurt'] }))
    .action((name: string) => withSession(async (session) => (await load()).undrain(session, name)));
  destroying(printsNames(cluster.command('remove').argument('<name>', 'which')))
    .description('forget a cluster and its credential; refused while instances are there')
    .option('--force', 'also where the cluster cannot be asked what runs there; that stays')
    .addHelpText('after', more({ examples: ['cartwright cluster remove frankfurt --yes'] }))
    .action((name: string, options: { force?: boolean } & Confirmation) =>
      withSession(async (session) => (await load()).remove(session, name, options)),
    );
  cluster
    .command('role')
    .description(
      'print the ClusterRole that a credential needs, as YAML for "kubectl apply -f -"; asks no control plane',
    )
    .addHelpText('after', more({ examples: ['cartwright cluster role | kubectl apply -f -'] }))
    .action(async () => (await load()).role(io, printer()));
}
