import { describe, expect, test } from '@jest/globals';
import type { TopologyDocument, TopologyMember } from '../../schema/mqtt/topology.ts';
import { isBorneOut, withFound } from './found-members.ts';

function member(instance: string, host: string, rest: Partial<TopologyMember> = {}): TopologyMember {
  return { instance, host, port: 8080, weight: 1, hostCluster: 'here', state: 'active', ...rest };
}

function document(...members: TopologyMember[]): TopologyDocument {
  return { v: 1, uid: 'web', epoch: 3, generation: 7, routes: [{ path: '/' }], concurrency: 8, members };
}

const here = (...hosts: string[]) => ({ hostCluster: 'here', port: 8080, hosts });

describe('members that are found', () => {
  test('take the place of those that are gone; who is known stays who it is', () => {
    const leaving = member('b', '10.0.0.2', { state: 'draining' });
    const before = document(member('a', '10.0.0.1'), leaving);
    const { members, ...rest } = withFound(before, here('10.0.0.9', '10.0.0.2'));
    expect(rest).toEqual({ ...before, members: undefined });
    expect(members).toEqual([leaving, member(expect.stringMatching(/^at-[0-9a-f]{16}$/) as never, '10.0.0.9')]);
  });

  test('are called the same by every balancer, whatever the order of the answer', () => {
    const one = withFound(document(), here('10.0.0.2', 'fd00::1', '10.0.0.2'));
    expect(one).toEqual(withFound(document(), here('fd00::1', '10.0.0.2')));
    expect(new Set(one.members.map(({ instance }) => instance)).size).toBe(2);
  });

  test('are no word about other host clusters, or about members of which nobody says where they are', () => {
    const [there, somewhere] = [member('a', '10.9.0.1', { hostCluster: 'there' }), member('b', '10.0.0.2')];
    delete (somewhere as { hostCluster?: string }).hostCluster;
    const { members } = withFound(document(there, somewhere), here('10.0.0.3'));
    expect(members.map(({ host }) => host)).toEqual(['10.9.0.1', '10.0.0.2', '10.0.0.3']);
  });

  test('change nothing where nobody answers, nor where they are the same', () => {
    const before = document(member('a', '10.0.0.1'));
    expect(withFound(before, here())).toBe(before);
    expect(withFound(before, here('not an address'))).toBe(before);
    expect(withFound(before, here('10.0.0.1'))).toBe(before);
  });

  test('are a thousand at most', () => {
    const many = Array.from({ length: 1500 }, (_, index) => `10.1.${index >> 8}.${index & 255}`);
    expect(withFound(document(), here(...many)).members).toHaveLength(1000);
  });

  test('bear a document out when all whom it names here are among them', () => {
    const named = document(member('a', '10.0.0.1'), member('b', '10.9.0.1', { hostCluster: 'there' }));
    expect(isBorneOut(named, here('10.0.0.1', '10.0.0.2'))).toBe(true);
    expect(isBorneOut(named, here('10.0.0.2'))).toBe(false);
    expect(isBorneOut(named, here())).toBe(false);
  });
});
