import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import type { ConfigurationChange, SecretVersion as SecretVersionInfo } from '../../app/configuration/use-cases.ts';
import type { ApplicationRecord } from '../../app/records/applications.ts';
import type { ClusterRecord } from '../../app/records/clusters.ts';
import type { Variable as EffectiveVariable } from '../../domain/releases/environment.ts';
import { Application } from '../applications/types.ts';
import { ServiceCluster } from '../clusters/types.ts';
import type { GraphQLContext } from '../context.ts';
import { once } from '../idempotency.ts';
import type { Answer } from '../user-error.ts';
import { ConfigureInput, RevokeSecretInput, SetSecretsInput, UnsetSecretsInput } from './inputs.ts';
import { ConfigurationPayload, SecretVersion, SetVariable, Variable } from './types.ts';

const SECRETS = 'Every version of the secrets that were set for it itself, by name and version, oldest first.';

@Resolver(() => ServiceCluster)
export class ServiceClusterConfigurationResolver {
  @FieldResolver(() => [Variable], {
    description:
      'The environment that its next release takes, by name. Releases that were made already keep theirs, see configuration of Release.',
  })
  variables(@Root() cluster: ClusterRecord, @Ctx() context: GraphQLContext): Promise<readonly EffectiveVariable[]> {
    return context.useCases.queries.variables(context.principal, cluster);
  }

  @FieldResolver(() => [SecretVersion], { description: SECRETS })
  secrets(@Root() cluster: ClusterRecord, @Ctx() context: GraphQLContext): Promise<readonly SecretVersionInfo[]> {
    return context.useCases.queries.secretVersions(context.principal, cluster);
  }
}

@Resolver(() => Application)
export class ApplicationConfigurationResolver {
  @FieldResolver(() => [SetVariable], { description: 'What was set for all of its components, by name.' })
  variables(@Root() application: ApplicationRecord, @Ctx() context: GraphQLContext): Promise<readonly SetVariable[]> {
    return context.useCases.queries.applicationVariables(context.principal, application);
  }

  @FieldResolver(() => [SecretVersion], { description: SECRETS })
  secrets(
    @Root() application: ApplicationRecord,
    @Ctx() context: GraphQLContext,
  ): Promise<readonly SecretVersionInfo[]> {
    return context.useCases.queries.secretVersions(context.principal, application);
  }
}

@Resolver()
export class ConfigurationMutationsResolver {
  @Mutation(() => ConfigurationPayload, {
    description:
      'Sets and unsets variables over the manifest’s environment, of one component or of all. Makes a release of each service cluster whose environment is another by it.',
  })
  configure(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => ConfigureInput, { description: 'The variables.' }) input: ConfigureInput,
  ): Promise<Answer<ConfigurationPayload>> {
    const { ref, set, unset } = input;
    return once(context, 'configure', input, () =>
      context.useCases.mutations.configure(context.principal, { ...ref, set, unset }),
    );
  }

  @Mutation(() => ConfigurationPayload, {
    description:
      'Sets secrets: each another value is a new version, and all of them make one release a service cluster. The values are kept encrypted and are never answered. An idempotency key stands for the names, not for the values.',
  })
  setSecrets(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => SetSecretsInput, { description: 'The secrets.' }) input: SetSecretsInput,
  ): Promise<Answer<ConfigurationPayload>> {
    const { ref, secrets, idempotencyKey } = input;
    // What is stored to recognise the request again is a digest, and the digest of a short secret would give it away.
    const withoutValues = { ref, idempotencyKey, secrets: secrets.map(({ name, delivery }) => ({ name, delivery })) };
    return once(context, 'setSecrets', withoutValues, () =>
      context.useCases.mutations.setSecrets(context.principal, { ...ref, secrets }),
    );
  }

  @Mutation(() => ConfigurationPayload, {
    description: 'New releases no longer take these secrets. A roll-back to an earlier release still does.',
  })
  unsetSecrets(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => UnsetSecretsInput, { description: 'Their names.' }) input: UnsetSecretsInput,
  ): Promise<Answer<ConfigurationPayload>> {
    const { ref, names } = input;
    return once(context, 'unsetSecrets', input, () =>
      context.useCases.mutations.unsetSecrets(context.principal, { ...ref, names }),
    );
  }

  @Mutation(() => ConfigurationPayload, {
    description:
      'Destroys a version of a secret, or all of them: no release can be rolled back to that takes it. One that is in use is refused with SECRET_IN_USE unless it is forced.',
  })
  revokeSecret(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => RevokeSecretInput, { description: 'Which secret.' }) input: RevokeSecretInput,
  ): Promise<Answer<ConfigurationPayload>> {
    const { ref, name, version, force } = input;
    return once(context, 'revokeSecret', input, (): Promise<ConfigurationChange> =>
      context.useCases.mutations.revokeSecret(context.principal, {
        ...ref,
        name,
        force,
        ...(version === null || version === undefined ? {} : { version }),
      }),
    );
  }
}
