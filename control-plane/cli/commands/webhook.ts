/** `webhook create`, `list`, `rotate`, `delete`. */
import type { Session } from '../client/session.ts';
import { confirm, type Confirmation } from '../confirm.ts';
import { parseDuration } from '../durations.ts';
import { CreateWebhook, DeleteWebhook, RotateWebhook, type WebhookFieldsFragment } from '../generated/operations.ts';
import { say } from '../io.ts';
import { WHOLE_SCOPE } from '../nouns/noun.ts';
import { webhookReference, webhooks, webhookUrl } from '../nouns/webhooks.ts';
import { NOTHING } from '../output/text.ts';
import { parseTarget, resolveTarget } from '../targets.ts';
import { getNoun } from './get.ts';

/** That the control plane takes. */
const LONGEST_OVERLAP = '7d';

export async function create(session: Session, target: string): Promise<void> {
  const ref = await resolveTarget(session, target);
  await show(session, await session.client.mutate(CreateWebhook, { ref }));
}

export async function rotate(session: Session, target: string, { overlap }: { overlap?: string }): Promise<void> {
  const overlapSeconds = overlap === undefined ? 0 : parseDuration(overlap, '--overlap', { most: LONGEST_OVERLAP });
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
  const { application } = parseTarget(target);
  const nothing = `there is no webhook; make one with "cartwright webhook create ${application}/ALIAS"`;
  await getNoun(session, webhooks, { scope: { ...WHOLE_SCOPE, application: target }, nothing });
}

export async function remove(session: Session, target: string, options: Confirmation): Promise<void> {
  const ref = await resolveTarget(session, target);
  await confirm(session.io, options, `delete the webhook of ${ref.application}/${ref.alias}?`);
  const { webhook } = await session.client.mutate(DeleteWebhook, { ref });
  await session.printer.one(
    webhook,
    () => `webhook of ${ref.application}/${ref.alias} deleted; delete it at the Git host, too`,
    webhookReference,
  );
}

async function show(
  session: Session,
  { webhook, secret }: { readonly webhook: WebhookFieldsFragment | null; readonly secret: string | null },
): Promise<void> {
  const url = webhook === null ? '' : webhookUrl(session, webhook);
  say(session.io, 'set both at the Git host, for pushes, as JSON; the secret is shown this once');
  if (webhook?.url === null && /^https?:\/\/(localhost|127\.|\[::1\])/.test(url))
    say(
      session.io,
      'the host cannot reach a loopback address: give it the name under which it reaches this control plane, which CARTWRIGHT_PUBLIC_URL tells this control plane',
    );
  const name = webhook === null ? [] : [webhookReference(webhook)];
  await session.printer.bare({ url, secret, webhook }, `URL     ${url}\nsecret  ${secret ?? NOTHING}`, name);
}
