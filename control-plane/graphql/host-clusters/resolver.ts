import { Arg, Ctx, FieldResolver, Int, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import type {
  HostCluster as HostClusterInfo,
  HostClusterList,
  HostClusterRef,
} from '../../app/host-clusters/use-cases.ts';
import type { GraphQLContext } from '../context.ts';
import { following } from '../follow.ts';
import { once } from '../idempotency.ts';
import type { Answer } from '../user-error.ts';
import {
  DrainHostClusterInput,
  ProbeHostClusterInput,
  RegisterHostClusterInput,
  RemoveHostClusterInput,
  RotateHostClusterInput,
  UndrainHostClusterInput,
} from './inputs.ts';
import { HostClusterStatusType, statusOf } from './status.ts';
import { HostCluster, HostClusterPayload, HostClusterProbeType } from './types.ts';

const NAME = { description: 'Name of the host cluster.' };

@Resolver(() => HostCluster)
export class HostClusterResolver {
  @Query(() => [HostCluster], { description: 'All host clusters, in order of their names. For operators.' })
  hostClusters(@Ctx() { useCases, principal }: GraphQLContext): Promise<readonly HostClusterInfo[]> {
    return useCases.queries.hostClusters(principal);
  }

  @Query(() => HostCluster, {
    nullable: true,
    description: 'One host cluster; null when there is none. For operators.',
  })
  async hostCluster(
    @Ctx() { useCases, principal }: GraphQLContext,
    @Arg('name', () => String, NAME) name: string,
  ): Promise<HostClusterInfo | null> {
    return (await useCases.queries.hostCluster(principal, name)) ?? null;
  }

  @Subscription(() => HostCluster, {
    name: 'hostCluster',
    description:
      'A host cluster as it is now, and then as it is after each change of it or of what is known of it; ends when it is removed. A slow reader gets the newest state. For operators.',
    subscribe: following(
      ({ useCases, principal }, { name }: { name: string }, signal) =>
        useCases.feeds.hostCluster(principal, name, signal),
      (hostCluster) => hostCluster,
    ),
  })
  hostClusterChanged(
    @Root() hostCluster: HostClusterInfo,
    @Arg('name', () => String, NAME) _name: string,
  ): HostClusterInfo {
    return hostCluster;
  }

  @Subscription(() => [HostCluster], {
    name: 'hostClusters',
    description:
      'All host clusters in order of their names as they are now, and then all of them again after each change of one, at most once a second. A slow reader gets the newest state. For operators.',
    subscribe: following(
      ({ useCases, principal }, _args: object, signal) => useCases.feeds.hostClusters(principal, signal),
      (list) => list,
    ),
  })
  hostClustersChanged(@Root() { hostClusters }: HostClusterList): readonly HostClusterInfo[] {
    return hostClusters;
  }

  @FieldResolver(() => Int, { description: 'Counts the credentials that were given, from 1.' })
  credentialVersion(@Root() { version }: HostClusterInfo): number {
    return version;
  }

  @FieldResolver(() => HostClusterStatusType, { description: 'What the last tries to reach it have shown.' })
  status(@Root() { status }: HostClusterInfo): HostClusterStatusType {
    return statusOf(status);
  }

  @FieldResolver(() => HostClusterProbeType, {
    description: 'Whether a pod of it was seen to reach what instances need.',
  })
  probe(@Root() { probe }: HostClusterInfo): HostClusterProbeType {
    const { state } = probe;
    return {
      state,
      at: state === 'skipped' ? null : state === 'waiting' ? probe.since : probe.at,
      image: state === 'skipped' ? null : probe.image,
      milliseconds: state === 'passed' || state === 'failed' ? probe.milliseconds : null,
      failures: state === 'failed' ? probe.failures : [],
    };
  }

  @Mutation(() => HostClusterPayload, {
    description:
      'Registers a Kubernetes cluster: it is reached, every right is asked for, and what is missing is named (RIGHTS_MISSING). The probe runs afterwards: follow the subscription hostCluster. An idempotency key does not stand for the kubeconfig. For operators.',
  })
  async registerHostCluster(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => RegisterHostClusterInput, { description: 'The cluster.' }) input: RegisterHostClusterInput,
  ): Promise<Answer<HostClusterPayload>> {
    const { kubeconfig, idempotencyKey, ...described } = input;
    // What is stored to recognise the request again is a digest; that of what holds a secret is kept nowhere.
    const hostCluster = await once(context, 'registerHostCluster', { ...described, idempotencyKey }, () =>
      context.useCases.mutations.registerHostCluster(context.principal, { ...described, kubeconfig }),
    );
    return { hostCluster };
  }

  @Mutation(() => HostClusterPayload, {
    description:
      'Gives a host cluster another credential, checked as at its registration; it has to lead to the same cluster. An idempotency key does not stand for the kubeconfig. For operators.',
  })
  async rotateHostCluster(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => RotateHostClusterInput, { description: 'The credential.' }) input: RotateHostClusterInput,
  ): Promise<Answer<HostClusterPayload>> {
    const { kubeconfig, idempotencyKey, ...described } = input;
    const { inCluster, context: name } = described;
    const hostCluster = await once(context, 'rotateHostCluster', { ...described, idempotencyKey }, () =>
      context.useCases.mutations.rotateHostCluster(context.principal, {
        ...refOf(input),
        kubeconfig,
        inCluster,
        context: name,
      }),
    );
    return { hostCluster };
  }

  @Mutation(() => HostClusterPayload, { description: 'Runs the probe of a host cluster once more. For operators.' })
  async probeHostCluster(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => ProbeHostClusterInput, { description: 'Which one.' }) input: ProbeHostClusterInput,
  ): Promise<Answer<HostClusterPayload>> {
    const { probeImage } = input;
    const hostCluster = await once(context, 'probeHostCluster', input, () =>
      context.useCases.mutations.probeHostCluster(context.principal, { ...refOf(input), probeImage }),
    );
    return { hostCluster };
  }

  @Mutation(() => HostClusterPayload, {
    description: 'From now on nothing new is placed in a host cluster. Twice is as once. For operators.',
  })
  async drainHostCluster(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => DrainHostClusterInput, { description: 'Which one.' }) input: DrainHostClusterInput,
  ): Promise<Answer<HostClusterPayload>> {
    const hostCluster = await once(context, 'drainHostCluster', input, () =>
      context.useCases.mutations.drainHostCluster(context.principal, refOf(input)),
    );
    return { hostCluster };
  }

  @Mutation(() => HostClusterPayload, { description: 'Uses a host cluster again that was drained. For operators.' })
  async undrainHostCluster(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => UndrainHostClusterInput, { description: 'Which one.' }) input: UndrainHostClusterInput,
  ): Promise<Answer<HostClusterPayload>> {
    const hostCluster = await once(context, 'undrainHostCluster', input, () =>
      context.useCases.mutations.undrainHostCluster(context.principal, refOf(input)),
    );
    return { hostCluster };
  }

  @Mutation(() => HostClusterPayload, {
    description:
      'Forgets a host cluster and its credential. Refused with CONFLICT while instances are there. For operators.',
  })
  async removeHostCluster(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => RemoveHostClusterInput, { description: 'Which one.' }) input: RemoveHostClusterInput,
  ): Promise<Answer<HostClusterPayload>> {
    const { force } = input;
    const hostCluster = await once(context, 'removeHostCluster', input, () =>
      context.useCases.mutations.removeHostCluster(context.principal, { ...refOf(input), force }),
    );
    return { hostCluster };
  }
}

function refOf({
  name,
  expectedGeneration,
}: {
  readonly name: string;
  readonly expectedGeneration?: number | null;
}): HostClusterRef {
  return { name, ...(expectedGeneration === null || expectedGeneration === undefined ? {} : { expectedGeneration }) };
}
