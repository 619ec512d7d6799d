import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import type { MetadataState } from '../../app/metadata/use-cases.ts';
import type { ApplicationRecord } from '../../app/records/applications.ts';
import type { ClusterRecord } from '../../app/records/clusters.ts';
import { Application } from '../applications/types.ts';
import { ServiceCluster } from '../clusters/types.ts';
import type { GraphQLContext } from '../context.ts';
import { once } from '../idempotency.ts';
import type { Answer } from '../user-error.ts';
import { Metadata, MetadataPayload, SetMetadataInput } from './types.ts';

@Resolver(() => ServiceCluster)
export class ServiceClusterMetadataResolver {
  @FieldResolver(() => Metadata, { description: 'Metadata of it alone; instances see it over the application’s.' })
  metadata(@Root() cluster: ClusterRecord, @Ctx() context: GraphQLContext): Promise<MetadataState> {
    return context.useCases.queries.metadata(context.principal, cluster);
  }
}

@Resolver(() => Application)
export class ApplicationMetadataResolver {
  @FieldResolver(() => Metadata, { description: 'Metadata of all of its components.' })
  metadata(@Root() application: ApplicationRecord, @Ctx() context: GraphQLContext): Promise<MetadataState> {
    return context.useCases.queries.applicationMetadata(context.principal, application);
  }
}

@Resolver()
export class MetadataMutationsResolver {
  @Mutation(() => MetadataPayload, {
    description:
      'Sets and removes key-values of an application or of one service cluster, which running instances have within seconds and without a restart. Everybody of the tenant can read them: no secrets.',
  })
  async setMetadata(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => SetMetadataInput, { description: 'Whose, and what.' }) input: SetMetadataInput,
  ): Promise<Answer<MetadataPayload>> {
    const { ref, set, remove, expectedGeneration } = input;
    const metadata = await once(context, 'setMetadata', input, () =>
      context.useCases.mutations.setMetadata(context.principal, {
        ...ref,
        set,
        remove,
        ...(expectedGeneration === null || expectedGeneration === undefined ? {} : { expectedGeneration }),
      }),
    );
    return { metadata };
  }
}
