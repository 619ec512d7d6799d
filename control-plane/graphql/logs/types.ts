import { IsInt, Length, Max, Min, ValidateNested } from 'class-validator';
import { ArgsType, createUnionType, Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { LogLevel as Level } from '../../../schema/mqtt/log.ts';
import type { LogPage as Page } from '../../app/ports/logs.ts';
import type { LogEntry as Entry } from '../../domain/logs/entry.ts';
import { Gap, isGap } from '../gap.ts';
import { DateTime, SafeInt } from '../scalars.ts';

const LogLevel = {
  ...{ TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error', FATAL: 'fatal' },
} as const satisfies Record<string, Level>;
registerEnumType(LogLevel, {
  name: 'LogLevel',
  description: 'How severe a line is, from the least to the most.',
  valuesConfig: {
    TRACE: { description: 'Finer than debugging needs.' },
    DEBUG: { description: 'For debugging.' },
    INFO: { description: 'The usual course of things.' },
    WARN: { description: 'Something to look at.' },
    ERROR: { description: 'Something failed.' },
    FATAL: { description: 'The program cannot go on.' },
  },
});

const LogSearchStop = { END: 'end', LIMIT: 'limit', BYTES: 'bytes', TIME: 'time' } as const satisfies Record<
  string,
  Page['stopped']
>;
registerEnumType(LogSearchStop, {
  name: 'LogSearchStop',
  description: 'Why a search of a log ended where it did.',
  valuesConfig: {
    END: { description: 'Nothing is left in this direction.' },
    LIMIT: { description: 'As many lines as asked for were found, and there are more.' },
    BYTES: { description: 'As much was read as one request may read; go on from next.' },
    TIME: { description: 'The time of one request was used up; go on from next.' },
  },
});

@ObjectType('LogLine', { description: 'One line of an application’s output.', simpleResolvers: true })
export class LogLineType {
  @Field(() => SafeInt, {
    description: 'Place in the application’s log, from 1; increases, with gaps where lines were dropped.',
  })
  readonly sequence!: number;

  @Field(() => DateTime, { description: 'When the line was written, by the control plane’s clock.' })
  readonly at!: number;

  @Field(() => LogLevel, {
    nullable: true,
    description: 'How severe it is, as its writer or its text says; null where neither does.',
  })
  readonly level!: Level | null;

  @Field(() => String, { description: 'Alias of the service cluster that wrote it.' })
  readonly alias!: string;

  @Field(() => ID, { description: 'Uid of the instance that wrote it.' })
  readonly instance!: string;

  @Field(() => Int, {
    nullable: true,
    description:
      'Number of the release that the instance ran then, 1 or more; null before the first, or where that is not known.',
  })
  readonly release!: number | null;

  @Field(() => String, {
    description:
      'Where it was written: stdout, stderr, the name of a declared file, hook-NAME for a hook of the cartridge, agent for the agent’s own lines, platform for what the control plane says about the instance.',
  })
  readonly stream!: string;

  @Field(() => String, {
    description:
      'The line without its end, at most 8,192 characters. Anything that an application may print, control characters included.',
  })
  readonly text!: string;
}

@ObjectType('LogGap', { description: 'Lines that are missing in this place of a log.', simpleResolvers: true })
export class LogGap {
  @Field(() => SafeInt, { description: 'Sequence of the last entry before it, 0 or more.' })
  readonly after!: number;

  @Field(() => SafeInt, { description: 'Sequence of the last entry that it covers, above after.' })
  readonly sequence!: number;

  // Not called as in LogLine: one query may ask for both, and there they are never null.
  @Field(() => DateTime, { nullable: true, description: 'When the first of them was missed; null: not known.' })
  readonly noticedAt!: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Alias of the service cluster whose lines they were; null: not known, or several.',
  })
  readonly ofAlias!: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'Uid of the instance whose lines they were; null: not known, or several.',
  })
  readonly ofInstance!: string | null;

  @Field(() => SafeInt, { nullable: true, description: 'How many lines, 1 or more; null: not known.' })
  readonly lines!: number | null;

  @Field(() => String, {
    description:
      'Why, a registered word: rate-limit, broker-away, agent (dropped by the agent); transit, control-plane-away (lost on the way); tenant-limit, queue-full, write-failed, disk-low, power-lost (not kept); removed (too old, or too much).',
  })
  readonly cause!: string;
}

export const LogFeedItem = createUnionType({
  name: 'LogFeedItem',
  description: 'What the subscription logs delivers: a line, or the news that some are lost.',
  types: () => [LogLineType, Gap] as const,
  resolveType: (value: object) => (isGap(value) ? 'Gap' : 'LogLine'),
});

export const LogEntry = createUnionType({
  name: 'LogEntry',
  description: 'A line, or the place where lines are missing.',
  types: () => [LogLineType, LogGap] as const,
  resolveType: (value) => ('cause' in value ? 'LogGap' : 'LogLine'),
});

/** An entry as the API shows it. */
export function shown(entry: Entry): LogLineType | LogGap {
  if (entry.kind === 'line') return entry;
  const { after, sequence, at, alias, instance, lines, cause } = entry;
  return { after, sequence, noticedAt: at, ofAlias: alias, ofInstance: instance, lines, cause };
}

@ObjectType('LogPage', { description: 'What one request found in a log.', simpleResolvers: true })
export class LogPageType {
  @Field(() => [LogEntry], { description: 'Lines and gaps, oldest first.' })
  readonly entries!: readonly (LogLineType | LogGap)[];

  @Field(() => SafeInt, {
    nullable: true,
    description:
      'Sequence of where to go on: the next value of before, or of after where that was given. Null when nothing is left in this direction.',
  })
  readonly next!: number | null;

  @Field(() => LogSearchStop, { description: 'Why it ended.' })
  readonly stopped!: Page['stopped'];

  @Field(() => SafeInt, { description: 'How much of the stored log was searched, bytes.' })
  readonly scannedBytes!: number;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Time of the last line that was looked at; null when there was none.',
  })
  readonly reachedAt!: number | null;
}

@InputType('LogRef', { description: 'Whose log: an application’s, or that of one alias or one instance of it.' })
export class LogRef {
  @Length(1, 40)
  @Field(() => String, {
    nullable: true,
    description: 'The tenant; the caller’s own if absent ("default" for operators).',
  })
  readonly tenant?: string | null;

  @Length(1, 40)
  @Field(() => String, { description: 'Name of the application.' })
  readonly application!: string;

  @Length(1, 40)
  @Field(() => String, { nullable: true, description: 'Only lines of this alias.' })
  readonly alias?: string | null;

  @Length(1, 40)
  @Field(() => ID, {
    nullable: true,
    description: 'Only lines of the instance with this uid, or whose uid ends so (at least 4 letters).',
  })
  readonly instance?: string | null;
}

@InputType('LogFilter', {
  description: 'Which lines; all that is given must hold. Gaps are never filtered by what lines say.',
})
export class LogFilterInput {
  @Length(1, 40)
  @Field(() => String, { nullable: true, description: 'Only lines of this stream, such as stderr.' })
  readonly stream?: string | null;

  @IsInt()
  @Min(1)
  @Field(() => Int, {
    nullable: true,
    description:
      'Only lines of instances that ran the release of this number, 1 or more; numbers count for each service cluster.',
  })
  readonly release?: number | null;

  @Length(1, 1000)
  @Field(() => String, {
    nullable: true,
    description: 'Lines with this text in them, upper and lower case being equal.',
  })
  readonly text?: string | null;

  @Length(1, 500)
  @Field(() => String, {
    nullable: true,
    description:
      'Lines in which this regular expression matches somewhere, in the syntax of RE2 (no back-references, no look-around); (?i) at its beginning: upper and lower case are equal.',
  })
  readonly pattern?: string | null;

  @Field(() => LogLevel, {
    nullable: true,
    description: 'Lines at least this severe; lines without a level are left out.',
  })
  readonly level?: Level | null;

  @Field(() => DateTime, { nullable: true, description: 'Lines from this time on.' })
  readonly from?: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'Lines before this time.' })
  readonly to?: Date | null;
}

const MAX_LINES = 1000;
export const DEFAULT_LINES = 100;

@ArgsType()
export class LogArguments {
  @ValidateNested()
  @Field(() => LogRef, { description: 'Whose log.' })
  readonly ref!: LogRef;

  @IsInt()
  @Min(0)
  @Field(() => SafeInt, {
    nullable: true,
    description: 'Sequence of the last line that is known, 0 or more: the lines after it, oldest first. Not with last.',
  })
  readonly after?: number | null;

  @IsInt()
  @Min(1)
  @Max(MAX_LINES)
  @Field(() => Int, {
    nullable: true,
    description: `The last so many lines, 1–${MAX_LINES}, oldest first; ${DEFAULT_LINES} when after is absent, too.`,
  })
  readonly last?: number | null;

  @IsInt()
  @Min(1)
  @Max(MAX_LINES)
  @Field(() => Int, { defaultValue: MAX_LINES, description: `At most so many lines, 1–${MAX_LINES}.` })
  readonly limit!: number;
}

@ArgsType()
export class SearchArguments {
  @ValidateNested()
  @Field(() => LogRef, { description: 'Whose log.' })
  readonly ref!: LogRef;

  @ValidateNested()
  @Field(() => LogFilterInput, { nullable: true, description: 'Which lines; all if absent.' })
  readonly filter?: LogFilterInput | null;

  @IsInt()
  @Min(0)
  @Field(() => SafeInt, {
    nullable: true,
    description: 'Searches forward, from behind this sequence, 0 or more. Not with before.',
  })
  readonly after?: number | null;

  @IsInt()
  @Min(0)
  @Field(() => SafeInt, {
    nullable: true,
    description: 'Searches backward, from before this sequence, 0 or more; from the end when after is absent, too.',
  })
  readonly before?: number | null;

  @IsInt()
  @Min(1)
  @Max(MAX_LINES)
  @Field(() => Int, { defaultValue: DEFAULT_LINES, description: `Most lines, 1–${MAX_LINES}.` })
  readonly limit!: number;
}
