import { Field, ObjectType, registerEnumType } from 'type-graphql';
import type { Attention as Said, Severity } from '../../domain/attention/attention.ts';

const AttentionSeverity = {
  CRITICAL: 'critical',
  WARNING: 'warning',
  INFO: 'info',
} as const satisfies Record<string, Severity>;
registerEnumType(AttentionSeverity, {
  name: 'AttentionSeverity',
  description: 'How soon a person is needed.',
  valuesConfig: {
    CRITICAL: { description: 'Now: requests are being lost, or will be.' },
    WARNING: { description: 'Today: something does not go as it should.' },
    INFO: { description: 'Good to know.' },
  },
});

@ObjectType('Attention', {
  description: 'Something about a service cluster that needs a person.',
  simpleResolvers: true,
})
export class Attention implements Said {
  @Field(() => String, {
    description:
      'Registered code: blocked, waits-for-database, host-cluster-unreachable, silenced, faulty, start-failed, no-place, errors-high, unreachable, no-fresh-data, at-maximum, at-quota, no-room, frozen, paused, pinned, shadow, queueing, no-gain, rollout-returning, rollout-returned, source-unreadable, override-ends; more can come.',
  })
  readonly code!: string;

  @Field(() => AttentionSeverity, { description: 'How soon a person is needed.' })
  readonly severity!: Severity;

  @Field(() => String, { description: 'What is so and, where there is something to do, what; for a person.' })
  readonly sentence!: string;
}
