import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { CartridgeManifest } from '../../../schema/manifests/cartridge.ts';
import { Json } from '../scalars.ts';

export const CartridgeCategory = { FRAMEWORK: 'framework', DATA: 'data', LOAD_BALANCER: 'load-balancer' } as const;
registerEnumType(CartridgeCategory, {
  name: 'CartridgeCategory',
  description: 'What a cartridge is for.',
  valuesConfig: {
    FRAMEWORK: { description: 'Runs an application’s own code.' },
    DATA: { description: 'Keeps data.' },
    LOAD_BALANCER: { description: 'Spreads requests over the instances of other service clusters.' },
  },
});

export const CartridgeRuntime = { CONTAINER: 'container', VM: 'vm', PROCESS: 'process' } as const;
registerEnumType(CartridgeRuntime, {
  name: 'CartridgeRuntime',
  description: 'As what an instance of a cartridge can run.',
  valuesConfig: {
    CONTAINER: { description: 'A container.' },
    VM: { description: 'A virtual machine.' },
    PROCESS: { description: 'A process group of the control plane’s machine.' },
  },
});

@ObjectType('Cartridge', {
  description: 'A runtime package that applications run on: a manifest, hooks and how to build an image.',
  simpleResolvers: true,
})
export class Cartridge {
  @Field(() => ID, { description: 'Immutable identity.' })
  readonly uid!: string;

  @Field(() => String, { description: 'Name, unique on the platform.' })
  readonly name!: string;

  @Field(() => Int, { description: 'Counts the changes of the manifest, from 1.' })
  readonly generation!: number;

  @Field(() => Json, { description: 'The manifest (kind Cartridge) with its defaults filled in.' })
  readonly manifest!: CartridgeManifest;
}
