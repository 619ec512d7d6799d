import { createUnionType, Field, ID, ObjectType } from 'type-graphql';
import { Gap, isGap } from '../gap.ts';
import { DateTime, SafeInt } from '../scalars.ts';

@ObjectType('LogLine', { description: 'One line of an application’s output.', simpleResolvers: true })
export class LogLineType {
  @Field(() => SafeInt, {
    description: 'Place in the application’s log, from 1; increases, with gaps where lines were dropped.',
  })
  readonly sequence!: number;

  @Field(() => DateTime, { description: 'When the line was received.' })
  readonly at!: number;

  @Field(() => String, { description: 'Alias of the service cluster that wrote it.' })
  readonly alias!: string;

  @Field(() => ID, { description: 'Uid of the instance that wrote it.' })
  readonly instance!: string;

  @Field(() => String, { description: 'Where it was written: stdout, stderr, or the name of a file.' })
  readonly stream!: string;

  @Field(() => String, { description: 'The line without its end.' })
  readonly text!: string;
}

export const LogFeedItem = createUnionType({
  name: 'LogFeedItem',
  description: 'What the subscription logs delivers: a line, or the news that some are lost.',
  types: () => [LogLineType, Gap] as const,
  resolveType: (value: object) => (isGap(value) ? 'Gap' : 'LogLine'),
});
