/** How the platform itself is, as the API shows it. */
import { Field, Float, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { EndingCertificate, PlatformHealth, SkewedClock } from '../../app/platform/use-cases.ts';
import { DateTime, SafeInt } from '../scalars.ts';

@ObjectType('Platform', { description: 'The control plane that answers.', simpleResolvers: true })
export class Platform {
  @Field(() => String, { description: 'Version of its program.' })
  readonly version!: string;

  @Field(() => DateTime, { description: 'Its clock.' })
  readonly now!: number;
}

const BrokerKind = { EMBEDDED: 'embedded', OUTSIDE: 'outside' } as const satisfies Record<
  string,
  PlatformHealth['broker']['kind']
>;
registerEnumType(BrokerKind, {
  name: 'BrokerKind',
  description: 'Where the MQTT broker is.',
  valuesConfig: {
    EMBEDDED: { description: 'A part of the control plane.' },
    OUTSIDE: { description: 'A program of its own.' },
  },
});

const DatabaseKind = { SQLITE: 'sqlite', POSTGRES: 'postgres' } as const satisfies Record<
  string,
  PlatformHealth['database']['kind']
>;
registerEnumType(DatabaseKind, {
  name: 'DatabaseKind',
  description: 'What keeps the state.',
  valuesConfig: {
    SQLITE: { description: 'A file of the data folder.' },
    POSTGRES: { description: 'A PostgreSQL server.' },
  },
});

@ObjectType('ReadinessCheck', {
  description: 'Whether something that the control plane needs is there; the same that /readyz answers.',
  simpleResolvers: true,
})
class ReadinessCheck {
  @Field(() => String, { description: 'Registered name: database, lease, broker, core. More can come.' })
  readonly name!: string;

  @Field(() => Boolean, { description: 'It is there.' })
  readonly ok!: boolean;

  @Field(() => String, { nullable: true, description: 'What is wrong; null: nothing.' })
  readonly detail!: string | null;
}

@ObjectType('BrokerHealth', { description: 'The connection with the broker.', simpleResolvers: true })
class BrokerHealth {
  @Field(() => BrokerKind, { description: 'Where it is.' })
  readonly kind!: PlatformHealth['broker']['kind'];

  @Field(() => Boolean, { description: 'There is a connection.' })
  readonly isConnected!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'What the last attempt to connect failed on, while there is no connection; null: nothing is known.',
  })
  readonly problem!: string | null;
}

@ObjectType('DatabaseHealth', { description: 'What keeps the state.', simpleResolvers: true })
class DatabaseHealth {
  @Field(() => DatabaseKind, { description: 'What it is.' })
  readonly kind!: PlatformHealth['database']['kind'];

  @Field(() => Int, { description: 'Writes that wait for it, 0 or more.' })
  readonly queuedWrites!: number;
}

@ObjectType('LeaseHealth', { description: 'Which control plane acts.', simpleResolvers: true })
class LeaseHealth {
  @Field(() => String, { description: 'The name under which this one holds the lease.' })
  readonly holder!: string;

  @Field(() => SafeInt, { description: 'Its fencing number, 1 or more; another one that takes over has a larger one.' })
  readonly fence!: number;
}

@ObjectType('DiskHealth', { description: 'The disk of the data folder.', simpleResolvers: true })
class DiskHealth {
  @Field(() => SafeInt, { description: 'Bytes that are free for the control plane, 0 or more.' })
  readonly freeBytes!: number;

  @Field(() => SafeInt, { description: 'Bytes in all, 0 or more.' })
  readonly totalBytes!: number;

  @Field(() => Float, { description: 'Share that is to be free, 0 (never mind) to below 1.' })
  readonly minimumFreeShare!: number;

  @Field(() => Boolean, { description: 'Too little is free: logs and deployments give way, scaling goes on.' })
  readonly isLow!: boolean;
}

@ObjectType('AgentProgram', {
  description: 'A version of the agent’s program that instances run.',
  simpleResolvers: true,
})
class AgentProgram {
  @Field(() => String, { description: 'The version, as agents say it.' })
  readonly version!: string;

  @Field(() => Int, { description: 'Instances that run it, 1 or more.' })
  readonly instances!: number;
}

@ObjectType('SkewedClock', { description: 'How far the clock of an instance is off.', simpleResolvers: true })
class SkewedClockType {
  @Field(() => String, { description: 'Name of its tenant.' })
  readonly tenant!: string;

  @Field(() => String, { description: 'Name of its application.' })
  readonly application!: string;

  @Field(() => String, { description: 'Alias of its service cluster within the application.' })
  readonly alias!: string;

  @Field(() => ID, { description: 'Uid of the instance.' })
  readonly instance!: string;

  @Field(() => Float, { description: 'How much it is ahead of the control plane’s, in seconds; negative: behind.' })
  readonly skewSeconds!: number;
}

@ObjectType('ClockHealth', {
  description: 'The clocks of instances. Nothing is decided by them.',
  simpleResolvers: true,
})
class ClockHealth {
  @Field(() => Int, { description: 'Instances whose clock is known, 0 or more.' })
  readonly measured!: number;

  @Field(() => SkewedClockType, { nullable: true, description: 'The one that is off the most; null: none is known.' })
  readonly widest!: SkewedClock | null;
}

@ObjectType('EndingCertificate', {
  description: 'A certificate that ends within 30 days, or has ended.',
  simpleResolvers: true,
})
class EndingCertificateType {
  @Field(() => String, {
    nullable: true,
    description: 'Tenant of the application that it is of; null: an authority of the broker’s certificate.',
  })
  readonly tenant!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the application; null: it is of none, or that is gone.',
  })
  readonly application!: string | null;

  @Field(() => String, { description: 'Its host, or the subject of the authority.' })
  readonly name!: string;

  @Field(() => DateTime, { description: 'When it ends.' })
  readonly notAfter!: number;
}

@ObjectType('PlatformHealth', { description: 'How the platform itself is.', simpleResolvers: true })
export class PlatformHealthType {
  @Field(() => DateTime, {
    nullable: true,
    description: 'When this control plane had read what is wanted and what runs; null: not yet.',
  })
  readonly startedAt!: number | null;

  @Field(() => [ReadinessCheck], { description: 'What it needs.' })
  readonly checks!: PlatformHealth['checks'];

  @Field(() => BrokerHealth, { description: 'The broker.' })
  readonly broker!: PlatformHealth['broker'];

  @Field(() => DatabaseHealth, { description: 'The database.' })
  readonly database!: PlatformHealth['database'];

  @Field(() => LeaseHealth, { description: 'The lease.' })
  readonly lease!: PlatformHealth['lease'];

  @Field(() => DiskHealth, { nullable: true, description: 'The disk; null: it could not be asked yet.' })
  readonly disk!: PlatformHealth['disk'];

  @Field(() => SafeInt, {
    description:
      'Log lines that were dropped here since the start, by limits of tenants or for want of room, 0 or more.',
  })
  readonly droppedLogLines!: number;

  @Field(() => [AgentProgram], { description: 'The programs of the agents, the most frequent first.' })
  readonly agents!: PlatformHealth['agents'];

  @Field(() => ClockHealth, { description: 'The clocks of all instances.' })
  readonly clocks!: PlatformHealth['clocks'];

  @Field(() => [EndingCertificateType], { description: 'The soonest first, at most 50.' })
  readonly endingCertificates!: readonly EndingCertificate[];
}
