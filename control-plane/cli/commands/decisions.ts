/** `decisions`: what the autoscaler decided, and whether it would decide the same again. */
import type { Session } from '../client/session.ts';
import { CliError, EXIT } from '../exit.ts';
import { ReplayDecision, type DecisionFieldsFragment } from '../generated/operations.ts';
import { parseLimit } from '../numbers.ts';
import { decisionReference, followDecisions, listDecisions } from '../nouns/decisions.ts';
import { resolveTarget } from '../targets.ts';
import type { DecisionsCommandOptions } from './register-read.ts';

export async function decisions(session: Session, target: string, options: DecisionsCommandOptions): Promise<void> {
  const limit = parseLimit(options.limit);
  const actionsOnly = options.actions ?? false;
  const ref = await resolveTarget(session, target);
  if (options.replay !== undefined) return replay(session, options.replay);

  const found = await listDecisions(session, ref, { actionsOnly, limit });
  const { printer } = session;
  if ((printer.format === 'json' || printer.format === 'yaml') && options.follow !== true) return printer.value(found);
  for (const decision of found) await printer.item(decision, () => line(decision), decisionReference);
  if (options.follow !== true) return;
  let last = found.at(-1);
  for await (const decision of followDecisions(session, ref, { actionsOnly, after: last?.uid })) {
    // A run that only grew longer is news for a program, not for a person.
    const isNews = decision.uid !== last?.uid || decision.sentence !== last.sentence;
    if (isNews || printer.format !== 'table') await printer.item(decision, () => line(decision), decisionReference);
    last = decision;
  }
}

/** Fails when the decision comes out different: the stored one cannot be explained by its inputs. */
async function replay(session: Session, uid: string): Promise<void> {
  const { replayDecision: result } = await session.client.query(ReplayDecision, { uid });
  await session.printer.one(result, () => `${result.same ? 'the same again' : 'different'}: ${result.sentence}`);
  if (!result.same) {
    throw new CliError(
      EXIT.failed,
      `computed again, decision ${uid} is not the same: ${result.difference ?? 'no difference is named'}`,
    );
  }
}

function line({ lastAt, count, from, to, sentence }: DecisionFieldsFragment): string {
  const times = count === 1 ? '' : ` (${count} times)`;
  return `${lastAt}  ${from} → ${to}  ${sentence}${times}`;
}
