import { IsInt, IsNumber, Length, Max, Min } from 'class-validator';
import { Field, Float, InputType, Int, ObjectType } from 'type-graphql';
import type { ClusterRecord, OverrideRecord } from '../../app/records/clusters.ts';
import { ServiceClusterWriteInput } from '../input.ts';
import { Payload } from '../user-error.ts';
import { OverrideKind, ServiceCluster } from './types.ts';

@InputType('ScaleInput', { description: 'A manual number of instances.' })
export class ScaleInput extends ServiceClusterWriteInput {
  @IsInt()
  @Min(0)
  @Max(10_000)
  @Field(() => Int, { description: 'Number of instances, 0–10000. The policy’s bounds and the quota still hold.' })
  readonly instances!: number;

  @Field(() => OverrideKind, { defaultValue: OverrideKind.PIN, description: 'How the number binds.' })
  readonly kind!: OverrideRecord['kind'];

  @Length(1, 500)
  @Field(() => String, { description: 'Why; shown to everybody who looks, 1–500 characters.' })
  readonly reason!: string;

  @IsNumber()
  @Min(1)
  @Max(31 * 24 * 3600)
  @Field(() => Float, {
    nullable: true,
    description: 'How long it holds, in seconds, 1–2678400 (31 days); an hour if absent.',
  })
  readonly forSeconds?: number | null;
}

@InputType('ClearOverrideInput', { description: 'Which manual number of instances to end.' })
export class ClearOverrideInput extends ServiceClusterWriteInput {}

@InputType('PauseInput', { description: 'Which service cluster’s scaling to pause, and why.' })
export class PauseInput extends ServiceClusterWriteInput {
  @Length(1, 500)
  @Field(() => String, { description: 'Why; shown to everybody who looks, 1–500 characters.' })
  readonly reason!: string;
}

@InputType('ResumeInput', { description: 'Which service cluster’s scaling to resume.' })
export class ResumeInput extends ServiceClusterWriteInput {}

@InputType('StopInput', { description: 'Which service cluster to stop, and why.' })
export class StopInput extends ServiceClusterWriteInput {
  @Length(1, 500)
  @Field(() => String, { description: 'Why; shown to everybody who looks, 1–500 characters.' })
  readonly reason!: string;
}

@InputType('StartInput', { description: 'Which service cluster to start.' })
export class StartInput extends ServiceClusterWriteInput {}

@InputType('SetShadowInput', { description: 'Whether a service cluster is in shadow mode.' })
export class SetShadowInput extends ServiceClusterWriteInput {
  @Field(() => Boolean, { description: 'True: decide and record, do not act. False: act.' })
  readonly shadow!: boolean;
}

@ObjectType('ServiceClusterPayload', {
  description: 'Answer to the mutations that change a service cluster.',
  simpleResolvers: true,
})
export class ServiceClusterPayload extends Payload {
  @Field(() => ServiceCluster, { nullable: true, description: 'The service cluster after the change.' })
  readonly serviceCluster!: ClusterRecord | null;
}
