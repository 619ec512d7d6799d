/**
 * Lists that grow are connections in the manner of the Relay specification (https://relay.dev/graphql/connections.htm):
 * edges with opaque cursors, and a `pageInfo`. Pages are bounded, and every page is in order of creation, oldest first.
 */
import { IsInt, Length, Max, Min } from 'class-validator';
import { ArgsType, Field, Int, ObjectType, type ClassType } from 'type-graphql';
import { isId } from '../../schema/ids.ts';
import { RequestError } from '../app/errors.ts';
import type { Page } from '../app/ports/store.ts';

const MAX_PAGE = 200;
/** Entries of a page when neither `first` nor `last` was given. */
export const DEFAULT_PAGE = 50;

interface Edge<T> {
  readonly cursor: string;
  readonly node: T;
}

export interface Connection<T> {
  readonly edges: readonly Edge<T>[];
  readonly pageInfo: PageInfo;
}

@ObjectType('PageInfo', { description: 'Where a page of a connection stands in the whole.', simpleResolvers: true })
export class PageInfo {
  @Field(() => Boolean, { description: 'There are entries after this page.' })
  readonly hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'There are entries before this page.' })
  readonly hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the first edge; null when the page is empty.' })
  readonly startCursor!: string | null;

  @Field(() => String, { nullable: true, description: 'Cursor of the last edge; null when the page is empty.' })
  readonly endCursor!: string | null;
}

/** Arguments of every connection. */
@ArgsType()
export class PageArguments {
  @IsInt()
  @Min(1)
  @Max(MAX_PAGE)
  @Field(() => Int, {
    nullable: true,
    description: `The first so many entries, 1–${MAX_PAGE}; together with after: those that follow it. Not with last.`,
  })
  readonly first?: number | null;

  @Length(1, 200)
  @Field(() => String, { nullable: true, description: 'Cursor of the entry after which the page begins; with first.' })
  readonly after?: string | null;

  @IsInt()
  @Min(1)
  @Max(MAX_PAGE)
  @Field(() => Int, {
    nullable: true,
    description: `The last so many entries, 1–${MAX_PAGE}, still oldest first; together with before: those that precede it. Not with first.`,
  })
  readonly last?: number | null;

  @Length(1, 200)
  @Field(() => String, { nullable: true, description: 'Cursor of the entry before which the page ends; with last.' })
  readonly before?: string | null;
}

/** Makes the edge and connection types of a node type. */
export function connectionOf<T extends object>(Node: ClassType<T>, name: string, entries: string) {
  @ObjectType(`${name}Edge`, { description: `One entry of a page of ${entries}.`, simpleResolvers: true })
  class NodeEdge {
    @Field(() => String, { description: 'Opaque; for the arguments after and before.' })
    readonly cursor!: string;

    @Field(() => Node, { description: 'The entry.' })
    readonly node!: T;
  }

  @ObjectType(`${name}Connection`, {
    description: `A page of ${entries}, oldest first: at most ${MAX_PAGE} entries, the ${DEFAULT_PAGE} newest ones when neither first nor last is given.`,
    simpleResolvers: true,
  })
  class NodeConnection {
    @Field(() => [NodeEdge], { description: 'The entries of this page with their cursors.' })
    readonly edges!: readonly NodeEdge[];

    @Field(() => PageInfo, { description: 'Where this page stands in the whole.' })
    readonly pageInfo!: PageInfo;
  }
  return NodeConnection;
}

const CURSOR_PREFIX = 'v1:';

/** The cursor of a position: a uid, or the decimal text of a sequence. */
export function encodeCursor(position: string): string {
  return Buffer.from(CURSOR_PREFIX + position).toString('base64url');
}

/** Throws `RequestError` INVALID for everything that no page of this API handed out. */
export function decodeCursor(cursor: string, field: string): string {
  const text = Buffer.from(cursor, 'base64url').toString();
  const position = text.slice(CURSOR_PREFIX.length);
  if (!text.startsWith(CURSOR_PREFIX) || !isId(position)) {
    throw new RequestError('INVALID', `${field}: this is no cursor; use the cursor of an edge as it was returned`, {
      field,
    });
  }
  return position;
}

function refuse(condition: boolean, message: string, field: string): void {
  if (condition) throw new RequestError('INVALID', message, { field });
}

/** Which part of a list is asked for. `forward`: from the oldest on; otherwise the end of the list, or what precedes a cursor. */
interface Range {
  readonly forward: boolean;
  readonly limit: number;
  readonly position: string | undefined;
}

function readRange(args: PageArguments): Range {
  const has = (field: keyof PageArguments) => args[field] !== undefined && args[field] !== null;
  refuse(has('first') && has('last'), 'first and last exclude each other: give one of them', 'last');
  refuse(has('after') && has('before'), 'after and before exclude each other: give one of them', 'before');
  refuse(has('after') && has('last'), 'after goes with first; with last give before', 'after');
  refuse(has('before') && has('first'), 'before goes with last; with first give after', 'before');

  const forward = has('first') || has('after');
  const cursor = args.after ?? args.before ?? null;
  return {
    forward,
    limit: args.first ?? args.last ?? DEFAULT_PAGE,
    position: cursor === null ? undefined : decodeCursor(cursor, forward ? 'after' : 'before'),
  };
}

/**
 * Loads one page (and one entry more, to know whether others follow) and shapes it as a connection.
 * Throws `RequestError` INVALID for arguments that contradict each other. `positionOf` is what cursors are made of.
 */
export async function paginate<T extends { readonly uid: string }>(
  args: PageArguments,
  load: (page: Page & { readonly limit: number }) => Promise<readonly T[]>,
  positionOf: (entry: T) => string = ({ uid }) => uid,
): Promise<Connection<T>> {
  const { forward, limit, position } = readRange(args);
  const found = await load({
    limit: limit + 1,
    newestFirst: !forward,
    ...(position === undefined ? {} : { after: position }),
  });
  const more = found.length > limit;
  const nodes = found.slice(0, limit);
  if (!forward) nodes.reverse();
  return connection(
    nodes.map((node) => ({ cursor: encodeCursor(positionOf(node)), node })),
    { hasNextPage: forward ? more : position !== undefined, hasPreviousPage: forward ? position !== undefined : more },
  );
}

function connection<T>(
  edges: readonly Edge<T>[],
  { hasNextPage, hasPreviousPage }: { hasNextPage: boolean; hasPreviousPage: boolean },
): Connection<T> {
  return {
    edges,
    pageInfo: {
      hasNextPage,
      hasPreviousPage,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}
