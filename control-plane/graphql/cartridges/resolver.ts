import { Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import type { CartridgeRecord } from '../../app/records/cartridges.ts';
import type { GraphQLContext } from '../context.ts';
import { Cartridge, CartridgeCategory, CartridgeRuntime } from './types.ts';

@Resolver(() => Cartridge)
export class CartridgeResolver {
  @Query(() => [Cartridge], { description: 'The cartridges that applications can run on.' })
  cartridges(@Ctx() { useCases, principal }: GraphQLContext): Promise<CartridgeRecord[]> {
    return useCases.queries.cartridges(principal);
  }

  @FieldResolver(() => String, { description: 'Version of the cartridge.' })
  version(@Root() cartridge: CartridgeRecord): string {
    return cartridge.manifest.spec.version;
  }

  @FieldResolver(() => String, { nullable: true, description: 'What it is, in a sentence or two.' })
  description(@Root() cartridge: CartridgeRecord): string | null {
    return cartridge.manifest.spec.description ?? null;
  }

  @FieldResolver(() => CartridgeCategory, { description: 'What it is for.' })
  category(@Root() cartridge: CartridgeRecord): string {
    return cartridge.manifest.spec.category;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'Why no application can run on it here, and what to do, in one sentence; null: they can.',
  })
  unusable(@Root() cartridge: CartridgeRecord, @Ctx() { useCases, principal, once }: GraphQLContext) {
    return once.get('unusable', cartridge.uid, () => useCases.queries.unusable(principal, cartridge));
  }

  @FieldResolver(() => [CartridgeRuntime], { description: 'As what its instances can run.' })
  runtimes(@Root() cartridge: CartridgeRecord): readonly string[] {
    return cartridge.manifest.spec.runtimes;
  }
}
