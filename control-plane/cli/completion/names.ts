/** What a word of a command line could become, as the control plane and the contexts tell. */
import type { Argument } from 'commander';
import { Option } from 'commander';
import type { Session } from '../client/session.ts';
import { pathOf } from '../commands/prints-names.ts';
import { readContexts } from '../contexts.ts';
import { loadNoun, NOUNS, pluralOf, singularOf } from '../nouns/all.ts';
import { listApplications } from '../nouns/applications.ts';
import { WHOLE_SCOPE } from '../nouns/noun.ts';
import { BALANCER_ALIAS } from '../targets.ts';
import type { Place } from './place.ts';

/** Opens the session when a name has to be asked for. */
export interface Asking {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly session: () => Promise<Session>;
}

type Source = (asking: Asking, place: Place) => Promise<readonly string[]>;

const targets: Source = async ({ session }) =>
  (await listApplications(await session())).flatMap(({ name, clusters }) => [
    name,
    ...clusters.filter(({ alias }) => alias !== BALANCER_ALIAS).map(({ alias }) => `${name}/${alias}`),
  ]);

const applications: Source = async ({ session }) => (await listApplications(await session())).map(({ name }) => name);

const contexts: Source = async ({ env }) => Object.keys((await readContexts(env)).contexts);

/** Names of a noun: of what an option, or else the first argument where that is a target, says. */
const namesOf =
  (word: string, { includeTerminated = false } = {}): Source =>
  async ({ session }, { values, given, command }) => {
    const isTarget = command.registeredArguments[0]?.name() === 'target' || command.name() === 'delete';
    const application = values.get('--application') ?? (isTarget ? given[0] : undefined);
    const open = await session();
    const noun = await loadNoun(word);
    return noun.use(async (known) => {
      const found = await known.list(open, { ...WHOLE_SCOPE, application, includeTerminated });
      return found.map((item) => known.reference(item)).map((reference) => reference.slice(reference.indexOf('/') + 1));
    });
  };

/** `KIND`, then names; or `KIND/NAME` from the first word on. */
const things: Source = async (asking, place) => {
  const { given, word, command } = place;
  const first = given[0] ?? word;
  if (first.includes('/')) {
    const kind = word.slice(0, Math.max(0, word.indexOf('/')));
    if (pluralOf(kind) === undefined) return [];
    const withoutPlace = { ...place, given: [] };
    return (await namesOf(kind)(asking, withoutPlace)).map((name) => `${kind}/${name}`);
  }
  if (given.length > 0) return pluralOf(first) === undefined ? [] : namesOf(first)(asking, { ...place, given: [] });
  switch (command.name()) {
    case 'delete':
      return ['application', 'policy'];
    case 'export':
      return ['applications', 'policies', 'cartridges'];
    case 'describe':
      return NOUNS.map(singularOf);
    default:
      return NOUNS;
  }
};

/** Of an option, by its long flag; before what its placeholder says. */
const OPTIONS: Readonly<Record<string, Source>> = {
  '--context': contexts,
  '--tenant': namesOf('tenants'),
  '--cluster': namesOf('hostclusters'),
  '--cartridge': namesOf('cartridges'),
  '--role': async () => ['viewer', 'deployer', 'admin', 'operator'],
  '--as': async () => ['environment', 'file'],
  '--kind': async () => ['Application', 'AutoscalingPolicy', 'DeploymentPolicy'],
};

/** Of an argument, by the words of its command and its name; before what its name alone says. */
const ARGUMENTS: Readonly<Record<string, Source>> = {
  'get what': things,
  'describe what': things,
  'delete what': things,
  'export what': things,
  'why what': targets,
  'logs application': targets,
  'shadow state': async () => ['on', 'off'],
  'context action': async () => ['list', 'use'],
  'context name': contexts,
  'secret set name': namesOf('secrets'),
  'secret unset name': namesOf('secrets'),
  'secret revoke name': namesOf('secrets', { includeTerminated: true }),
  'config get name': namesOf('variables'),
  'config unset name': namesOf('variables'),
  'credential set name': namesOf('credentials'),
  'credential delete name': namesOf('credentials'),
  'policy get name': namesOf('policies'),
  'policy describe name': namesOf('policies'),
  'policy delete name': namesOf('policies'),
  'tenant get name': namesOf('tenants'),
  'tenant describe name': namesOf('tenants'),
  'tenant set-quota name': namesOf('tenants'),
  'tenant delete name': namesOf('tenants'),
  'token get name': namesOf('tokens'),
  'token describe name': namesOf('tokens'),
  'token revoke name': namesOf('tokens'),
  'cluster get name': namesOf('hostclusters'),
  'cluster describe name': namesOf('hostclusters'),
  'cluster rotate name': namesOf('hostclusters'),
  'cluster probe name': namesOf('hostclusters'),
  'cluster drain name': namesOf('hostclusters'),
  'cluster undrain name': namesOf('hostclusters'),
  'cluster remove name': namesOf('hostclusters'),
  'notice describe name': namesOf('notices'),
  'notice rotate name': namesOf('notices'),
  'notice test name': namesOf('notices'),
  'notice enable name': namesOf('notices'),
  'notice delete name': namesOf('notices'),
};

/** By the name of an argument, or the placeholder of an option. */
const PLACEHOLDERS: Readonly<Record<string, Source>> = {
  target: targets,
  application: applications,
  tenant: namesOf('tenants'),
};

/** What would go on with what is typed; nothing where that is not known. Throws what asking throws. */
export async function candidatesFor(asking: Asking, place: Place): Promise<readonly string[]> {
  const { is, word } = place;
  if (is === undefined) return [];
  const found = is.argChoices ?? (await sourceOf(place, is)?.(asking, place)) ?? [];
  return [...new Set(found)].filter((candidate) => candidate.startsWith(word));
}

function sourceOf({ command }: Place, is: Option | Argument): Source | undefined {
  if (is instanceof Option) {
    const placeholder = /[<[]([\w-]+)/.exec(is.flags)?.[1] ?? '';
    return OPTIONS[is.long ?? ''] ?? PLACEHOLDERS[placeholder];
  }
  return ARGUMENTS[`${pathOf(command)} ${is.name()}`] ?? PLACEHOLDERS[is.name()];
}
