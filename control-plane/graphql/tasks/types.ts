import { ArrayMaxSize, ArrayMinSize, IsInt, Length, MaxLength, Max, Min, ValidateNested } from 'class-validator';
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { LONGEST_COMMAND_PART, MOST_COMMAND_PARTS } from '../../../schema/agent/task.ts';
import type { TaskText } from '../../app/tasks/use-cases.ts';
import type { Task as TaskInfo } from '../../app/tasks/use-cases.ts';
import { connectionOf } from '../connection.ts';
import { ServiceClusterRef, WriteInput } from '../input.ts';
import { Reason } from '../reason.ts';
import { DateTime } from '../scalars.ts';
import { Payload } from '../user-error.ts';

const TaskKind = { RUN: 'run', RELEASE: 'release' } as const satisfies Record<string, TaskInfo['kind']>;
registerEnumType(TaskKind, {
  name: 'TaskKind',
  description: 'What a task runs.',
  valuesConfig: {
    RUN: { description: 'A command that somebody asked for.' },
    RELEASE: { description: 'The cartridge’s hook release, once for each release before it gets traffic.' },
  },
});

const TaskState = {
  STARTING: 'starting',
  RUNNING: 'running',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  STOPPED: 'stopped',
  LOST: 'lost',
} as const satisfies Record<string, TaskInfo['state']>;
registerEnumType(TaskState, {
  name: 'TaskState',
  description: 'Where a task stands. It runs once, whatever becomes of the control plane.',
  valuesConfig: {
    STARTING: { description: 'Recorded, and about to begin.' },
    RUNNING: { description: 'Its program runs, or its release is being fetched.' },
    SUCCEEDED: { description: 'Its program ended with exit code 0.' },
    FAILED: { description: 'Its program ended otherwise, took too long, or could not be started.' },
    STOPPED: { description: 'Somebody stopped it.' },
    LOST: { description: 'It has ended, and how far it came is not known.' },
  },
});

const TaskStream = { STDOUT: 'stdout', STDERR: 'stderr' } as const;
registerEnumType(TaskStream, {
  name: 'TaskStream',
  description: 'Where a program wrote something.',
  valuesConfig: { STDOUT: { description: 'Standard output.' }, STDERR: { description: 'Standard error.' } },
});

@ObjectType('Task', { description: 'A program that runs once in a copy of a release.', simpleResolvers: true })
export class Task {
  @Field(() => ID, { description: 'Immutable identity.' })
  readonly uid!: string;

  @Field(() => String, { description: 'Name of the tenant that owns it.' })
  readonly tenant!: string;

  @Field(() => String, { description: 'Alias of its service cluster within the application.' })
  readonly alias!: string;

  @Field(() => TaskKind, { description: 'What it runs.' })
  readonly kind!: TaskInfo['kind'];

  @Field(() => [String], { description: 'The program and its arguments; empty for a hook.' })
  readonly command!: readonly string[];

  @Field(() => TaskState, { description: 'Where it stands.' })
  readonly state!: TaskInfo['state'];

  @Field(() => Int, { description: 'How long it may take, in seconds, 1–86400; then it is ended.' })
  readonly timeoutSeconds!: number;

  @Field(() => DateTime, { description: 'When it was asked for.' })
  readonly createdAt!: number;

  @Field(() => String, { description: 'Name of the token that asked for it; "platform" for hooks.' })
  readonly createdBy!: string;

  @Field(() => DateTime, { nullable: true, description: 'When it had ended; null before.' })
  readonly finishedAt!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Exit code, 0–255; 128 and the signal’s number where a signal ended it; null where there is none.',
  })
  readonly exitCode!: number | null;

  @Field(() => Reason, { nullable: true, description: 'Why it did not succeed; null unless it ended so.' })
  readonly reason!: Reason | null;

  @Field(() => [String], { description: 'The last lines that it printed, at most 20, known secrets masked.' })
  readonly lastLines!: readonly string[];

  @Field(() => String, { nullable: true, description: 'Name of the token that stopped it; null: nobody did.' })
  readonly stoppedBy!: string | null;
}

export const TaskConnection = connectionOf(Task, 'Task', 'tasks');

@ObjectType('TaskOutput', { description: 'A piece of what a task printed.', simpleResolvers: true })
export class TaskOutput {
  @Field(() => TaskStream, { description: 'Where it was written.' })
  readonly stream!: TaskText['stream'];

  @Field(() => String, { description: 'The text, line ends included; bytes that are no UTF-8 are replaced.' })
  readonly text!: string;
}

@ObjectType('TaskProgress', {
  description: 'A task together with what it printed that is new to the subscriber.',
  simpleResolvers: true,
})
export class TaskProgress {
  @Field(() => Task, { description: 'The task as it is now.' })
  readonly task!: TaskInfo;

  @Field(() => [TaskOutput], { description: 'What it printed since the item before, in pieces.' })
  readonly output!: readonly TaskOutput[];

  @Field(() => String, { description: 'To go on from here: the argument after of another subscription.' })
  readonly cursor!: string;
}

@InputType('RunTaskInput', { description: 'What to run once, and in what.' })
export class RunTaskInput extends WriteInput {
  @ValidateNested()
  @Field(() => ServiceClusterRef, { description: 'The service cluster whose release it runs in.' })
  readonly ref!: ServiceClusterRef;

  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_COMMAND_PARTS)
  @MaxLength(LONGEST_COMMAND_PART, { each: true })
  @Field(() => [String], {
    description:
      'The program and its arguments, 1–64 parts of at most 4096 characters, run in the release’s folder without a shell. Everybody of the tenant can read it: no secrets.',
  })
  readonly command!: string[];

  @IsInt()
  @Min(1)
  @Max(86_400)
  @Field(() => Int, {
    nullable: true,
    description: 'How long it may take, in seconds, 1–86400; an hour if absent.',
  })
  readonly timeoutSeconds?: number | null;

  @IsInt()
  @Min(1)
  @Field(() => Int, { nullable: true, description: 'Number of the release, 1 or more; the one that runs if absent.' })
  readonly releaseNumber?: number | null;
}

@InputType('StopTaskInput', { description: 'Which task to stop.' })
export class StopTaskInput extends WriteInput {
  @Length(1, 40)
  @Field(() => ID, { description: 'Uid of the task.' })
  readonly uid!: string;
}

@ObjectType('TaskPayload', { description: 'Answer to runTask and stopTask.', simpleResolvers: true })
export class TaskPayload extends Payload {
  @Field(() => Task, { nullable: true, description: 'The task; follow it by the subscription task.' })
  readonly task!: TaskInfo | null;
}
