import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { InstanceAgent } from '../../app/use-cases.ts';
import { Reason } from '../reason.ts';
import { DateTime, SafeInt } from '../scalars.ts';

@ObjectType('InstanceArtifact', {
  description: 'How far an agent has brought the artifact of a slot.',
  simpleResolvers: true,
})
class InstanceArtifactType {
  @Field(() => String, { description: 'Name of the slot.' })
  readonly slot!: string;

  @Field(() => SafeInt, { description: 'Epoch of the document that asked for it, 0 or more.' })
  readonly epoch!: number;

  @Field(() => SafeInt, { description: 'Generation of the document within its epoch, 0 or more.' })
  readonly generation!: number;

  @Field(() => ID, { description: 'Uid of the release that it belongs to.' })
  readonly release!: string;

  @Field(() => String, { description: 'Digest of the artifact (sha256- and 64 hex digits).' })
  readonly digest!: string;

  @Field(() => String, { description: 'fetching, fetched, switching, active or failed.' })
  readonly phase!: string;

  @Field(() => Reason, { nullable: true, description: 'Why it failed; null unless it did.' })
  readonly error!: Reason | null;
}

@ObjectType('InstanceAgent', { description: 'What is known of the agent of an instance.', simpleResolvers: true })
export class InstanceAgentType {
  @Field(() => String, { description: 'Version of the agent.' })
  readonly version!: string;

  @Field(() => ID, { description: 'Uid of its present run.' })
  readonly session!: string;

  @Field(() => Boolean, { description: 'Whether it is connected, as far as is known.' })
  readonly connected!: boolean;

  @Field(() => DateTime, { description: 'When it was last heard.' })
  readonly lastHeardAt!: number;

  @Field(() => Int, { description: 'How often it has started the application again in this run, 0 or more.' })
  readonly restarts!: number;

  @Field(() => [InstanceArtifactType], { description: 'Its artifacts, one for each slot; empty before the first.' })
  readonly artifacts!: InstanceAgent['artifacts'];
}
