/** `webhook create`, `list`, `rotate`, `delete`. */
import type { Session } from '../client/session.ts';
import { parseDuration } from '../durations.ts';
import {
  CreateWebhook,
  DeleteWebhook,
  ListWebhooks,
  RotateWebhook,
  type WebhookFieldsFragment,
} from '../generated/operations.ts';
import { say } from '../io.ts';
import { NOTHING, relative } from '../output/text.ts';
import { noApplication, parseTarget, resolveTarget } from '../targets.ts';

export async function create(session: Session, target: string): Promise<void> {
  const ref = await resolveTarget(session, target);
  await show(session, await session.client.mutate(CreateWebhook, { ref }));
}

export async function rotate(session: Session, target: string, { overlap }: { overlap?: string }): Promise<void> {
  const overlapSeconds = overlap === undefined ? 0 : parseDuration(overlap, '--overlap');
  const ref = await resolveTarget(session, target);
  const made = await session.client.mutate(RotateWebhook, { ref, overlapSeconds });
  const until = made.webhook?.formerAcceptedUntil ?? null;
  say(
    session.io,
    until === null
      ? 'the secret before is refused from now on: set this one at the Git host'
      : `the secret before is taken until ${until}: set this one at the Git host by then`,
  );
  await show(session, made);
}

export async function list(session: Session, target: string): Promise<void> {
  const { application: name, alias } = parseTarget(target);
  const { application } = await session.client.query(ListWebhooks, { tenant: session.tenant, name });
  if (application === null) throw noApplication(name);
  const clusters = application.clusters.filter((cluster) => alias === undefined || cluster.alias === alias);
  await session.printer.list(
    clusters.flatMap(({ webhooks }) => webhooks).map((webhook) => ({ ...webhook, url: urlOf(session, webhook) })),
    [
      { title: 'COMPONENT', value: ({ name: whose }) => whose },
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
    `there is no webhook; make one with "cartwright webhook create ${name}/ALIAS"`,
  );
}

export async function remove(session: Session, target: string): Promise<void> {
  const ref = await resolveTarget(session, target);
  const { webhook } = await session.client.mutate(DeleteWebhook, { ref });
  await session.printer.one(
    webhook,
    () => `webhook of ${ref.application}/${ref.alias} deleted; delete it at the Git host, too`,
  );
}

async function show(
  session: Session,
  { webhook, secret }: { readonly webhook: WebhookFieldsFragment | null; readonly secret: string | null },
): Promise<void> {
  const url = webhook === null ? '' : urlOf(session, webhook);
  say(session.io, 'set both at the Git host, for pushes, as JSON; the secret is shown this once');
  if (webhook?.url === null && /^https?:\/\/(localhost|127\.|\[::1\])/.test(url))
    say(
      session.io,
      'the host cannot reach a loopback address: give it the name under which it reaches this control plane, which CARTWRIGHT_PUBLIC_URL tells this control plane',
    );
  await session.printer.one({ url, secret, webhook }, () => `URL     ${url}\nsecret  ${secret ?? NOTHING}`);
}

function lastDelivery({ lastDelivery: last }: WebhookFieldsFragment, now: number): string {
  return last === null
    ? NOTHING
    : `${last.result.toLowerCase()} ${relative(last.at, now)} (${last.form}: ${last.detail})`;
}

/** As the control plane was told that it is reached; else as this program reaches it. */
function urlOf({ client }: Session, { url, path }: Pick<WebhookFieldsFragment, 'url' | 'path'>): string {
  return url ?? `${client.endpoint.url}${path}`;
}
