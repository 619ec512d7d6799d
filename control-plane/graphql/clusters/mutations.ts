import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { ClusterRef } from '../../app/use-cases.ts';
import type { GraphQLContext } from '../context.ts';
import { once } from '../idempotency.ts';
import type { ServiceClusterWriteInput } from '../input.ts';
import type { Answer } from '../user-error.ts';
import {
  ClearOverrideInput,
  PauseInput,
  ResumeInput,
  ScaleInput,
  ServiceClusterPayload,
  SetShadowInput,
  StartInput,
  StopInput,
} from './inputs.ts';

function target(input: ServiceClusterWriteInput): ClusterRef & { expectedGeneration?: number } {
  return { ...input.ref, expectedGeneration: input.expectedGeneration ?? undefined };
}

@Resolver()
export class ServiceClusterMutations {
  @Mutation(() => ServiceClusterPayload, {
    description: 'Sets a manual number of instances, as a pin or as a floor, until it expires.',
  })
  async scale(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => ScaleInput, { description: 'Number, reason and duration.' }) input: ScaleInput,
  ): Promise<Answer<ServiceClusterPayload>> {
    const { instances, kind, reason } = input;
    const forSeconds = input.forSeconds ?? undefined;
    const serviceCluster = await once(context, 'scale', input, () =>
      context.useCases.mutations.scale(context.principal, { ...target(input), instances, kind, reason, forSeconds }),
    );
    return { serviceCluster };
  }

  @Mutation(() => ServiceClusterPayload, {
    description: 'Ends a manual number of instances before it expires. Without one, nothing changes.',
  })
  async clearOverride(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => ClearOverrideInput, { description: 'Which service cluster.' }) input: ClearOverrideInput,
  ): Promise<Answer<ServiceClusterPayload>> {
    const serviceCluster = await once(context, 'clearOverride', input, () =>
      context.useCases.mutations.clearOverride(context.principal, target(input)),
    );
    return { serviceCluster };
  }

  @Mutation(() => ServiceClusterPayload, {
    description: 'Pauses scaling: decisions are recorded and not acted on. Broken instances are still replaced.',
  })
  async pause(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => PauseInput, { description: 'Which service cluster, and why.' }) input: PauseInput,
  ): Promise<Answer<ServiceClusterPayload>> {
    const { reason } = input;
    const serviceCluster = await once(context, 'pause', input, () =>
      context.useCases.mutations.pause(context.principal, { ...target(input), reason }),
    );
    return { serviceCluster };
  }

  @Mutation(() => ServiceClusterPayload, { description: 'Ends a pause. Without one, nothing changes.' })
  async resume(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => ResumeInput, { description: 'Which service cluster.' }) input: ResumeInput,
  ): Promise<Answer<ServiceClusterPayload>> {
    const serviceCluster = await once(context, 'resume', input, () =>
      context.useCases.mutations.resume(context.principal, target(input)),
    );
    return { serviceCluster };
  }

  @Mutation(() => ServiceClusterPayload, {
    description:
      'Stops a service cluster: its instances are drained and stopped, and none is started until it is started, whatever pauses, freezes or numbers by hand say. Releases that are made meanwhile wait. Of one that is stopped nothing changes.',
  })
  async stop(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => StopInput, { description: 'Which service cluster, and why.' }) input: StopInput,
  ): Promise<Answer<ServiceClusterPayload>> {
    const { reason } = input;
    const serviceCluster = await once(context, 'stop', input, () =>
      context.useCases.mutations.stop(context.principal, { ...target(input), reason }),
    );
    return { serviceCluster };
  }

  @Mutation(() => ServiceClusterPayload, {
    description:
      'Starts a stopped service cluster with as many instances as it had, as far as policy and quota allow. Of one that is not stopped nothing changes.',
  })
  async start(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => StartInput, { description: 'Which service cluster.' }) input: StartInput,
  ): Promise<Answer<ServiceClusterPayload>> {
    const serviceCluster = await once(context, 'start', input, () =>
      context.useCases.mutations.start(context.principal, target(input)),
    );
    return { serviceCluster };
  }

  @Mutation(() => ServiceClusterPayload, {
    description: 'Turns shadow mode on or off: decisions are made and recorded, and not acted on.',
  })
  async setShadow(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => SetShadowInput, { description: 'Which service cluster, on or off.' }) input: SetShadowInput,
  ): Promise<Answer<ServiceClusterPayload>> {
    const { shadow } = input;
    const serviceCluster = await once(context, 'setShadow', input, () =>
      context.useCases.mutations.setShadow(context.principal, { ...target(input), shadow }),
    );
    return { serviceCluster };
  }
}
