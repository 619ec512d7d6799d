import { Arg, Resolver, Root, Subscription } from 'type-graphql';
import type { OverviewItem } from '../../app/overview/use-cases.ts';
import { following } from '../follow.ts';
import { Overview } from './types.ts';

interface OverviewArguments {
  readonly tenant?: string | null;
  readonly application?: string | null;
}

@Resolver()
export class OverviewResolver {
  @Subscription(() => Overview, {
    description:
      'All service clusters and applications that the caller may see as they are now, and then what changes, soon after an event and else once a second. A slow reader gets the newest state of what changed meanwhile. Of one application with its instances.',
    subscribe: following(
      ({ useCases, principal }, { tenant, application }: OverviewArguments, signal) =>
        useCases.feeds.overview(principal, { tenant, application }, signal),
      (item) => item,
    ),
  })
  overview(
    @Root() item: OverviewItem,
    @Arg('tenant', () => String, {
      nullable: true,
      description: 'The tenant; the caller’s own if absent; of operators all, or with an application "default".',
    })
    _tenant?: string | null,
    @Arg('application', () => String, {
      nullable: true,
      description: 'Name of the only application to be followed; all of them if absent.',
    })
    _application?: string | null,
  ): OverviewItem {
    return item;
  }
}
