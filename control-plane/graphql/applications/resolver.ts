import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { ApplicationRecord } from '../../app/records/applications.ts';
import type { ClusterRecord } from '../../app/records/clusters.ts';
import { ServiceCluster } from '../clusters/types.ts';
import { PageArguments, paginate, type Connection } from '../connection.ts';
import type { GraphQLContext } from '../context.ts';
import { once } from '../idempotency.ts';
import { Drain } from '../logs/drain.ts';
import type { Answer } from '../user-error.ts';
import {
  Application,
  ApplicationConnection,
  ApplyInput,
  ApplyPayload,
  Blocked,
  DeleteApplicationInput,
  DeleteApplicationPayload,
} from './types.ts';

const TENANT = { nullable: true, description: 'The tenant; the caller’s own if absent ("default" for operators).' };

@Resolver(() => Application)
export class ApplicationResolver {
  @Query(() => ApplicationConnection, { description: 'The applications of a tenant.' })
  applications(
    @Ctx() { useCases, principal }: GraphQLContext,
    @Arg('tenant', () => String, TENANT) tenant: string | null | undefined,
    @Args(() => PageArguments) page: PageArguments,
  ): Promise<Connection<ApplicationRecord>> {
    return paginate(page, (range) => useCases.queries.applications(principal, tenant, range));
  }

  @Query(() => Application, { nullable: true, description: 'One application by name; null when there is none.' })
  async application(
    @Ctx() { useCases, principal }: GraphQLContext,
    @Arg('tenant', () => String, TENANT) tenant: string | null | undefined,
    @Arg('name', () => String, { description: 'Name of the application.' }) name: string,
  ): Promise<ApplicationRecord | null> {
    return (await useCases.queries.application(principal, tenant, name)) ?? null;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'URL at which the application’s load balancer is reached; null while it has none.',
  })
  url(@Root() application: ApplicationRecord, @Ctx() { useCases, principal, once }: GraphQLContext) {
    return once.get('url', application.uid, () => useCases.queries.applicationUrl(principal, application));
  }

  @FieldResolver(() => Blocked, {
    nullable: true,
    description: 'Why nothing of it is begun or ended; null: it is not blocked.',
  })
  blocked(@Root() application: ApplicationRecord, @Ctx() { useCases, principal, once }: GraphQLContext) {
    return once.get('blocked', application.uid, () => useCases.queries.blocked(principal, application));
  }

  @FieldResolver(() => [Drain], { description: 'Where its log is sent as well, in the order of the manifest.' })
  drains(@Root() application: ApplicationRecord, @Ctx() { useCases, principal, once }: GraphQLContext) {
    return once.get('drains', application.uid, () => useCases.queries.drains(principal, application));
  }

  @FieldResolver(() => [ServiceCluster], { description: 'The service clusters, one for each component.' })
  clusters(
    @Root() application: ApplicationRecord,
    @Ctx() { useCases, principal, once }: GraphQLContext,
  ): Promise<ClusterRecord[]> {
    return once.get('clusters', application.uid, () => useCases.queries.clusters(principal, application));
  }

  @Mutation(() => ApplyPayload, {
    description:
      'Applies manifests: makes what does not exist, changes what is different. All documents are checked before any is stored; asked again it changes nothing.',
  })
  async apply(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => ApplyInput, { description: 'The manifests.' }) input: ApplyInput,
  ): Promise<Answer<ApplyPayload>> {
    const { useCases, principal } = context;
    const { manifests, tenant, dryRun } = input;
    const apply = () =>
      useCases.mutations.apply(principal, {
        manifests,
        tenant,
        dryRun,
        fileName: input.fileName ?? undefined,
        expectedGeneration: input.expectedGeneration ?? undefined,
      });
    // A dry run changes nothing however often it is asked for: its manifests are not kept to be answered again.
    const objects = dryRun ? await apply() : await once(context, 'apply', input, apply);
    return { objects };
  }

  @Mutation(() => DeleteApplicationPayload, {
    description: 'Asks for the deletion of an application: its instances are drained and stopped, then it goes.',
  })
  async deleteApplication(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => DeleteApplicationInput, { description: 'Which application.' }) input: DeleteApplicationInput,
  ): Promise<Answer<DeleteApplicationPayload>> {
    const { useCases, principal } = context;
    const { tenant, name } = input;
    const application = await once(context, 'deleteApplication', input, () =>
      useCases.mutations.deleteApplication(principal, {
        tenant,
        name,
        expectedGeneration: input.expectedGeneration ?? undefined,
      }),
    );
    return { application };
  }
}
