import { Field, Int, ObjectType } from 'type-graphql';
import type { Route } from '../../../schema/mqtt/topology.ts';

@ObjectType('ServiceClusterRoute', {
  description:
    'What load balancers send to a service cluster. A route with the request’s host comes before those for every host; among them the longest path wins.',
  simpleResolvers: true,
})
export class ServiceClusterRoute {
  @Field(() => String, { nullable: true, description: 'Exact host name, without port; null: every host.' })
  readonly host!: string | null;

  @Field(() => String, { description: 'Prefix of the path, by whole segments.' })
  readonly path!: string;

  @Field(() => Boolean, {
    description: 'A client comes back to the instance that it was sent to first, by a cookie.',
  })
  readonly hasAffinity!: boolean;

  @Field(() => Boolean, { description: 'What comes without TLS is sent to the same address with it.' })
  readonly requiresHttps!: boolean;

  @Field(() => Int, {
    nullable: true,
    description:
      'How long a browser that came by TLS shall come by nothing else, in seconds, 0–63072000; null: nothing is said.',
  })
  readonly hstsSeconds!: number | null;
}

export function routeOf({ host, path, affinity, https, hstsSeconds }: Route): ServiceClusterRoute {
  return {
    ...{ host: host ?? null, path, hstsSeconds: hstsSeconds ?? null },
    ...{ hasAffinity: affinity === 'cookie', requiresHttps: https === 'required' },
  };
}
