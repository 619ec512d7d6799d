/** The GraphQL schema, built from the types and resolvers of each noun. */
import 'reflect-metadata';
import { lexicographicSortSchema, printSchema, type GraphQLSchema } from 'graphql';
import { buildSchemaSync } from 'type-graphql';
import { ApplicationResolver } from './applications/resolver.ts';
import { BuildResolver } from './builds/resolver.ts';
import { CartridgeResolver } from './cartridges/resolver.ts';
import { ServiceClusterMutations } from './clusters/mutations.ts';
import { ServiceClusterResolver } from './clusters/resolver.ts';
import {
  ApplicationConfigurationResolver,
  ConfigurationMutationsResolver,
  ServiceClusterConfigurationResolver,
} from './configuration/resolver.ts';
import { CredentialResolver } from './credentials/resolver.ts';
import { DecisionResolver } from './decisions/resolver.ts';
import { EventResolver } from './events/resolver.ts';
import { HistoryResolver } from './history/resolver.ts';
import { InstanceResolver } from './instances/resolver.ts';
import { LogResolver } from './logs/resolver.ts';
import { expectedFailures } from './errors.ts';
import { PolicyResolver } from './policies/resolver.ts';
import { ReleaseResolver } from './releases/resolver.ts';
import { RolloutResolver } from './releases/rollout-resolver.ts';
import { TenantResolver } from './tenants/resolver.ts';
import { TokenResolver } from './tokens/resolver.ts';
import { UsageResolver } from './usage/resolver.ts';

/** The executable schema. Pure: it neither opens nor reads anything; each resolver gets the use cases by its context. */
export function buildSchema(): GraphQLSchema {
  return buildSchemaSync({
    resolvers: [
      ApplicationConfigurationResolver,
      ApplicationResolver,
      BuildResolver,
      CartridgeResolver,
      ConfigurationMutationsResolver,
      CredentialResolver,
      DecisionResolver,
      EventResolver,
      HistoryResolver,
      InstanceResolver,
      LogResolver,
      PolicyResolver,
      ReleaseResolver,
      RolloutResolver,
      ServiceClusterConfigurationResolver,
      ServiceClusterMutations,
      ServiceClusterResolver,
      TenantResolver,
      TokenResolver,
      UsageResolver,
    ],
    validate: true,
    globalMiddlewares: [expectedFailures],
    pubSub: { publish: notUsed, subscribe: notUsed },
  });
}

/** type-graphql insists on a pub-sub; every subscription here follows a feed of the app instead. */
function notUsed(): never {
  throw new Error('subscriptions follow the feeds of the app; nothing is published');
}

/** The schema as text, sorted, as it is committed in schema/graphql/schema.graphql. */
export function printSdl(schema: GraphQLSchema = buildSchema()): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
