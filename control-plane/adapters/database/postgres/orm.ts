/** What both uses of MikroORM on PostgreSQL share: the entities, and where their columns differ from SQLite's. */
import { Migrator } from '@mikro-orm/migrations';
import type { EntityProperty, MetadataStorage } from '@mikro-orm/sql';
import { ENTITIES } from '../entities/all.ts';
import { MIGRATIONS_TABLE, migrationsOf } from '../migrations/all.ts';

/** Text is compared byte by byte, as SQLite does it, whatever the database's own order is. */
const COLLATION = 'C';

export function postgresOrmOptions(database: string) {
  return {
    // MikroORM finds an open transaction by this name: two databases at once must not find each other's.
    contextName: 'postgres',
    dbName: database,
    entities: ENTITIES,
    extensions: [Migrator],
    discovery: {
      afterDiscovered: (storage: MetadataStorage) => {
        for (const meta of storage.getAll().values()) meta.props.forEach(adapt);
      },
    },
    // The server's administrator makes the database; a look for it would need rights on another one.
    migrations: {
      tableName: MIGRATIONS_TABLE,
      migrationsList: migrationsOf('postgres'),
      snapshot: false,
      silent: true,
      ensureDatabase: false,
    },
    ensureDatabase: false,
    debug: false,
    // Failures come as errors; nothing may write to the console beside the program's own log.
    logger: () => undefined,
  };
}

function adapt(property: EntityProperty): void {
  const [type] = property.columnTypes;
  // An `integer` of SQLite has 64 bits, too; the numbers of a log's events must not come to an end.
  if (property.autoincrement === true) property.columnTypes = ['bigserial'];
  else if (type === 'int') property.columnTypes = ['bigint'];
  else if (type === 'text') property.collation = COLLATION;
}
