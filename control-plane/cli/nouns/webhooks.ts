import type { Session } from '../client/session.ts';
import { ListWebhooks, type WebhookFieldsFragment } from '../generated/operations.ts';
import type { Reference } from '../output/printer.ts';
import { NOTHING, relative } from '../output/text.ts';
import { noApplication } from '../targets.ts';
import { noun, type Scope } from './noun.ts';
import { componentsOf, perApplication } from './per-application.ts';

/** `name` is the service cluster, APPLICATION/ALIAS. */
export const webhookReference: Reference<WebhookFieldsFragment> = ({ name }) => `webhook/${name}`;

/** As the control plane was told that it is reached; else as this program reaches it. */
export function webhookUrl({ client }: Session, { url, path }: Pick<WebhookFieldsFragment, 'url' | 'path'>): string {
  return url ?? `${client.endpoint.url}${path}`;
}

type Webhook = Omit<WebhookFieldsFragment, 'url'> & { readonly url: string };

function list(session: Session, scope: Scope): Promise<Webhook[]> {
  return perApplication(session, scope, async (name, alias) => {
    const { application } = await session.client.query(ListWebhooks, { tenant: session.tenant, name });
    if (application === null) throw noApplication(name);
    return componentsOf(name, application.clusters, alias)
      .flatMap(({ webhooks: found }) => found)
      .map((webhook) => ({ ...webhook, url: webhookUrl(session, webhook) }));
  });
}

export const webhooks = noun<Webhook>({
  plural: 'webhooks',
  reference: webhookReference,
  columns: [
    { title: 'COMPONENT', value: ({ name }) => name },
    { title: 'URL', value: ({ url }) => url },
    {
      title: 'SECRET',
      value: ({ version, isReadable, formerAcceptedUntil }, now) => {
        if (!isReadable) return 'key lost: rotate it';
        const former =
          formerAcceptedUntil === null ? '' : `, the one before ends ${relative(formerAcceptedUntil, now)}`;
        return `version ${version}${former}`;
      },
    },
    { title: 'LAST DELIVERY', value: lastDelivery },
    {
      title: 'LAST REFUSED',
      value: ({ lastRefusal }, now) => (lastRefusal === null ? NOTHING : relative(lastRefusal.at, now)),
    },
  ],
  list,
  find: async (session, name, scope) => (await list(session, scope)).find((webhook) => webhook.name === name),
});

function lastDelivery({ lastDelivery: last }: Pick<WebhookFieldsFragment, 'lastDelivery'>, now: number): string {
  return last === null
    ? NOTHING
    : `${last.result.toLowerCase()} ${relative(last.at, now)} (${last.form}: ${last.detail})`;
}
