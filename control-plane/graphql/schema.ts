/** The GraphQL schema, built from the types and resolvers of each noun. */
import 'reflect-metadata';
import { lexicographicSortSchema, printSchema, type GraphQLSchema } from 'graphql';
import { buildSchemaSync } from 'type-graphql';
import { ApplicationResolver } from './applications/resolver.ts';
import { recorded } from './audit/recorded.ts';
import { AuditResolver } from './audit/resolver.ts';
import { BacktestResolver, BacktestResultResolver } from './backtests/resolver.ts';
import { BuildResolver } from './builds/resolver.ts';
import { CartridgeResolver } from './cartridges/resolver.ts';
import { ServiceClusterMutations } from './clusters/mutations.ts';
import { ServiceClusterResolver } from './clusters/resolver.ts';
import {
  ApplicationConfigurationResolver,
  ConfigurationMutationsResolver,
  ServiceClusterConfigurationResolver,
} from './configuration/resolver.ts';
import { CertificateResolver } from './certificates/resolver.ts';
import { CredentialResolver } from './credentials/resolver.ts';
import { DecisionDetailsResolver, FactorProposalResolver } from './decisions/details.ts';
import { DecisionResolver } from './decisions/resolver.ts';
import { EventResolver } from './events/resolver.ts';
import { HostClusterResolver } from './host-clusters/resolver.ts';
import { HistoryResolver } from './history/resolver.ts';
import { InstanceResolver } from './instances/resolver.ts';
import { LogResolver } from './logs/resolver.ts';
import { expectedFailures } from './errors.ts';
import {
  ApplicationMetadataResolver,
  MetadataMutationsResolver,
  ServiceClusterMetadataResolver,
} from './metadata/resolver.ts';
import { OverviewResolver } from './overview/resolver.ts';
import { InstancePlacementResolver, ServiceClusterPlacementResolver } from './placement/resolver.ts';
import { PlatformResolver } from './platform/resolver.ts';
import { NoticeResolver } from './notices/resolver.ts';
import { PolicyResolver } from './policies/resolver.ts';
import { ReleaseResolver } from './releases/resolver.ts';
import { RepositoryResolver } from './repositories/resolver.ts';
import { RolloutResolver } from './releases/rollout-resolver.ts';
import { SessionResolver } from './sessions/resolver.ts';
import { SteeringResolver } from './steering/resolver.ts';
import { ServiceClusterTasksResolver, TaskResolver } from './tasks/resolver.ts';
import { TenantResolver } from './tenants/resolver.ts';
import { TokenResolver } from './tokens/resolver.ts';
import { UsageResolver } from './usage/resolver.ts';
import { WebhookResolver } from './webhooks/resolver.ts';

let built: GraphQLSchema | undefined;

/**
 * The executable schema, the same one for all. It neither opens nor reads anything; each resolver gets the use cases by its
 * context.
 */
export function buildSchema(): GraphQLSchema {
  return (built ??= buildSchemaSync({
    resolvers: [
      ApplicationConfigurationResolver,
      ApplicationResolver,
      AuditResolver,
      BacktestResolver,
      BacktestResultResolver,
      BuildResolver,
      CartridgeResolver,
      ConfigurationMutationsResolver,
      CertificateResolver,
      CredentialResolver,
      WebhookResolver,
      InstancePlacementResolver,
      ServiceClusterPlacementResolver,
      DecisionDetailsResolver,
      DecisionResolver,
      FactorProposalResolver,
      EventResolver,
      HistoryResolver,
      HostClusterResolver,
      InstanceResolver,
      LogResolver,
      ApplicationMetadataResolver,
      MetadataMutationsResolver,
      OverviewResolver,
      ServiceClusterMetadataResolver,
      PlatformResolver,
      NoticeResolver,
      PolicyResolver,
      ReleaseResolver,
      RepositoryResolver,
      RolloutResolver,
      ServiceClusterConfigurationResolver,
      ServiceClusterMutations,
      ServiceClusterResolver,
      ServiceClusterTasksResolver,
      SessionResolver,
      SteeringResolver,
      TaskResolver,
      TenantResolver,
      TokenResolver,
      UsageResolver,
    ],
    validate: true,
    // Apollo Server asserts that the schema is valid when it is given it; type-graphql would ask all of it about itself besides.
    skipCheck: true,
    globalMiddlewares: [expectedFailures, recorded],
    pubSub: { publish: notUsed, subscribe: notUsed },
  }));
}

/** type-graphql insists on a pub-sub; every subscription here follows a feed of the app instead. */
function notUsed(): never {
  throw new Error('subscriptions follow the feeds of the app; nothing is published');
}

/** The schema as text, sorted, as it is committed in schema/graphql/schema.graphql. */
export function printSdl(schema: GraphQLSchema = buildSchema()): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
