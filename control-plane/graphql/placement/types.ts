import { Field, Int, ObjectType } from 'type-graphql';
import { Reason } from '../reason.ts';

@ObjectType('Placement', { description: 'A place for instances.', simpleResolvers: true })
export class PlacementType {
  @Field(() => String, { description: 'Name of the host cluster; local is the control plane’s own machine.' })
  readonly hostCluster!: string;

  @Field(() => String, {
    description: 'Name of the partition of the deployment policy; default for a whole host cluster without a policy.',
  })
  readonly partition!: string;
}

@ObjectType('PlannedInstance', { description: 'Where an instance would go.', simpleResolvers: true })
export class PlannedInstance extends PlacementType {
  @Field(() => String, { description: 'Why there, in one clause.' })
  readonly why!: string;
}

@ObjectType('PartitionUse', { description: 'A partition as a service cluster uses it now.', simpleResolvers: true })
export class PartitionUseType extends PlacementType {
  @Field(() => Int, {
    nullable: true,
    description: 'Most instances of the service cluster there, 1 or more; null: no maximum.',
  })
  readonly maximum!: number | null;

  @Field(() => Int, { description: 'Instances that are there and stay, 0 or more.' })
  readonly instances!: number;

  @Field(() => Int, {
    description:
      'Instances of which neither their host cluster nor their agent is heard, 0 or more: others take their places.',
  })
  readonly lost!: number;

  @Field(() => Int, { description: 'Instances that fit in beside those, 0 or more, as far as is known.' })
  readonly room!: number;

  @Field(() => String, {
    nullable: true,
    description: 'Why nothing new goes there now, such as: is full (5 of 5); null: it does.',
  })
  readonly closed!: string | null;
}

@ObjectType('PlacementPlan', {
  description: 'Where the instances of a service cluster are, and where they would go.',
  simpleResolvers: true,
})
export class PlacementPlanType {
  @Field(() => String, { nullable: true, description: 'Name of the deployment policy; null: it has none.' })
  readonly policy!: string | null;

  @Field(() => String, { description: 'How instances are spread: one-after-another, round-robin or by-room.' })
  readonly algorithm!: string;

  @Field(() => [PartitionUseType], {
    description:
      'Its partitions in burst order; then those that the policy does not name and where instances still are.',
  })
  readonly partitions!: readonly PartitionUseType[];

  @Field(() => Int, { description: 'For how many instances in all this is, 0 or more.' })
  readonly instances!: number;

  @Field(() => [PlannedInstance], { description: 'Where those that are missing to that number would go, in order.' })
  readonly next!: readonly PlannedInstance[];

  @Field(() => [PlacementType], { description: 'From where those beyond that number would go, in order.' })
  readonly leaving!: readonly PlacementType[];

  @Field(() => Int, { description: 'How many would find no place, 0 or more.' })
  readonly unplaced!: number;
}

@ObjectType('ProviderObject', { description: 'What an instance is to its host cluster.', simpleResolvers: true })
export class ProviderObjectType {
  @Field(() => String, { description: 'Kind, such as Deployment, Pod or Process.' })
  readonly kind!: string;

  @Field(() => String, { description: 'Its name there: a namespace and a name, or the number of a process.' })
  readonly name!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Its state in the host cluster’s own words; null: none is known.',
  })
  readonly detail?: string;
}

@ObjectType('InstanceObservation', {
  description: 'What the provider sees of an instance now.',
  simpleResolvers: true,
})
export class InstanceObservationType {
  @Field(() => String, { description: 'starting, running or gone.' })
  readonly state!: string;

  @Field(() => Reason, { nullable: true, description: 'What is wrong with it, as its host cluster or agent says.' })
  readonly problem!: Reason | null;

  @Field(() => String, { nullable: true, description: 'Why it is gone, when that is known.' })
  readonly detail!: string | null;

  @Field(() => [ProviderObjectType], { description: 'What it is to its host cluster, the outermost first.' })
  readonly objects!: readonly ProviderObjectType[];
}
