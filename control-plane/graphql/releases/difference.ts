import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import type {
  PartChange as Part,
  ReleaseDifference as Difference,
  SecretChange as SecretTold,
  VariableChange as VariableTold,
} from '../../domain/releases/difference.ts';
import type { ReleaseRecord } from '../../app/records/releases.ts';
import type { SourceRecord } from '../../app/records/sources.ts';
import { Source } from '../builds/types.ts';
import { Json } from '../scalars.ts';
import { Release, ReleaseCartridge } from './types.ts';

const ChangeKind = { ADDED: 'added', REMOVED: 'removed', CHANGED: 'changed' } as const satisfies Record<
  string,
  VariableTold['change']
>;
registerEnumType(ChangeKind, {
  name: 'ChangeKind',
  description: 'What became of a thing.',
  valuesConfig: {
    ADDED: { description: 'It was not there before.' },
    REMOVED: { description: 'It is not there any more.' },
    CHANGED: { description: 'It is another.' },
  },
});

@ObjectType('VariableChange', { description: 'A variable that is another in two releases.', simpleResolvers: true })
class VariableChange implements VariableTold {
  @Field(() => String, { description: 'Its name.' })
  readonly name!: string;

  @Field(() => ChangeKind, { description: 'What became of it.' })
  readonly change!: VariableTold['change'];

  @Field(() => String, {
    nullable: true,
    description: 'Its value; null where it was not there, and where one of the two releases has a secret of that name.',
  })
  readonly before!: string | null;

  @Field(() => String, { nullable: true, description: 'Its value, as before.' })
  readonly after!: string | null;
}

@ObjectType('SecretChange', {
  description: 'A secret that is another in two releases, by its versions. No value is told.',
  simpleResolvers: true,
})
class SecretChange implements SecretTold {
  @Field(() => String, { description: 'Its name.' })
  readonly name!: string;

  @Field(() => ChangeKind, { description: 'What became of it.' })
  readonly change!: SecretTold['change'];

  @Field(() => Int, { nullable: true, description: 'Its version, from 1; null: not there.' })
  readonly before!: number | null;

  @Field(() => Int, { nullable: true, description: 'Its version, from 1; null: not there.' })
  readonly after!: number | null;
}

@ObjectType('CartridgeChange', { description: 'The cartridge of two releases.', simpleResolvers: true })
class CartridgeChange {
  @Field(() => ReleaseCartridge, { description: 'That of the one.' })
  readonly before!: ReleaseCartridge;

  @Field(() => ReleaseCartridge, { description: 'That of the other.' })
  readonly after!: ReleaseCartridge;
}

@ObjectType('ArtifactChange', { description: 'The artifact of two releases, by its digest.', simpleResolvers: true })
class ArtifactChange implements Part<string> {
  @Field(() => String, { nullable: true, description: 'That of the one; null: it needs none.' })
  readonly before!: string | null;

  @Field(() => String, { nullable: true, description: 'That of the other; null: it needs none.' })
  readonly after!: string | null;
}

@ObjectType('SourceChange', {
  description: 'What two releases were built from; of Git sources their origins name the commits.',
  simpleResolvers: true,
})
class SourceChange implements Part<SourceRecord> {
  @Field(() => Source, { nullable: true, simple: false, description: 'That of the one; null: none is kept.' })
  readonly before!: SourceRecord | null;

  @Field(() => Source, { nullable: true, simple: false, description: 'That of the other; null: none is kept.' })
  readonly after!: SourceRecord | null;
}

@ObjectType('ReleasePartChange', { description: 'Another part of two releases.', simpleResolvers: true })
class ReleasePartChange implements Part<unknown> {
  @Field(() => String, {
    description:
      'start, readiness or logs of the configuration; autoscaling or deployment: the policies that were noted with both. More can come.',
  })
  readonly part!: string;

  @Field(() => Json, { nullable: true, description: 'As it was; null: not set.' })
  readonly before!: unknown;

  @Field(() => Json, { nullable: true, description: 'As it became; null: not set.' })
  readonly after!: unknown;
}

@ObjectType('ReleaseDifference', {
  description:
    'What is another in one release than in another one of the same service cluster. What is the same is left out.',
  simpleResolvers: true,
})
export class ReleaseDifferenceType implements Difference {
  @Field(() => Release, { simple: false, description: 'The release that is compared with.' })
  readonly from!: ReleaseRecord;

  @Field(() => Release, { simple: false, description: 'The release that is compared.' })
  readonly to!: ReleaseRecord;

  @Field(() => [VariableChange], { description: 'Variables, in order of name.' })
  readonly variables!: readonly VariableTold[];

  @Field(() => [SecretChange], { description: 'Secrets, in order of name.' })
  readonly secrets!: readonly SecretTold[];

  @Field(() => SourceChange, { nullable: true, description: 'What they were built from; null: the same.' })
  readonly source!: Part<SourceRecord> | null;

  @Field(() => ArtifactChange, { nullable: true, description: 'Their artifacts; null: the same.' })
  readonly artifact!: Difference['artifact'];

  @Field(() => CartridgeChange, { nullable: true, description: 'Their cartridges; null: the same.' })
  readonly cartridge!: Difference['cartridge'];

  @Field(() => [ReleasePartChange], { description: 'The rest.' })
  readonly parts!: Difference['parts'];
}
