import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { PendingToken, TokenState } from '../../app/token-renewal.ts';
import { DateTime } from '../scalars.ts';

const PendingState = { WAITING: 'waiting', GRACE: 'grace', KEPT: 'kept' } as const satisfies Record<
  string,
  PendingToken['token']['state']
>;
registerEnumType(PendingState, {
  name: 'InstanceTokenState',
  description: 'How far an instance has come with a token of the newest key.',
  valuesConfig: {
    WAITING: { description: 'It has the token of an older key still, which is accepted.' },
    GRACE: { description: 'It has the new one; the one before is accepted for a while.' },
    KEPT: { description: 'The control plane has no key to derive a token from; the present one stays.' },
  },
});

@ObjectType('PendingInstanceToken', {
  description: 'An instance whose token is not yet the only one that counts, or not of the newest key.',
  simpleResolvers: true,
})
class PendingInstanceToken {
  @Field(() => ID, { description: 'Uid of the instance.' })
  readonly instance!: string;

  @Field(() => String, { description: 'Name of its tenant.' })
  readonly tenant!: string;

  @Field(() => String, { description: 'Name of its application.' })
  readonly application!: string;

  @Field(() => String, { description: 'Alias of its service cluster within the application.' })
  readonly alias!: string;

  @Field(() => PendingState, { description: 'How far it has come.' })
  readonly state!: TokenState['state'];

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the token before stops being accepted; null while the instance itself uses it.',
  })
  readonly formerAcceptedUntil!: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Why it could not be given the new one at the last try; null: nothing is known to be wrong.',
  })
  readonly problem!: string | null;
}

@ObjectType('InstanceTokens', {
  description: 'How far the tokens of running instances have followed a rotation of the key.',
  simpleResolvers: true,
})
export class InstanceTokensType {
  @Field(() => Int, { description: 'Instances with a token of the newest key and no other, 0 or more.' })
  readonly current!: number;

  @Field(() => [PendingInstanceToken], { description: 'All others that run.' })
  readonly pending!: readonly PendingInstanceToken[];
}

export function pendingOf({
  instance: { uid, tenant, application, alias },
  token,
}: PendingToken): PendingInstanceToken {
  return {
    ...{ instance: uid, tenant, application, alias, state: token.state },
    formerAcceptedUntil: token.state === 'grace' ? token.formerUntil : null,
    problem: token.state === 'waiting' ? token.problem : null,
  };
}
