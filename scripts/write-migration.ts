/**
 * `node scripts/write-migration.ts NAME "What it is for."`: writes the next migration, one file for each database, from what the
 * entities say and the migrations so far do not. Look at what it wrote: a change of a column's meaning moves the rows, too.
 * Needs PostgreSQL's programs (apt-get install postgresql).
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '../control-plane/adapters/database/engine.ts';
import { MIGRATIONS } from '../control-plane/adapters/database/migrations/all.ts';
import { openPostgresEngine } from '../control-plane/adapters/database/postgres/engine.ts';
import { openSqliteEngine } from '../control-plane/adapters/database/sqlite/engine.ts';
import { PostgresServer } from '../control-plane/adapters/database/testing/postgres-server.ts';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'control-plane/adapters/database/migrations');
const [name, what = 'SAY WHAT IT IS FOR.'] = process.argv.slice(2);
if (name === undefined || !/^[a-z][a-z0-9-]*$/.test(name)) {
  console.error('usage: node scripts/write-migration.ts NAME "What it is for." (NAME: small letters and hyphens)');
  process.exit(2);
}

async function missing(engine: Engine): Promise<string[]> {
  try {
    const sql = await engine.orm.schema.getUpdateSchemaSQL({ wrap: false });
    return sql.split(/;\s*\n|;\s*$/).filter((statement) => statement.trim() !== '');
  } finally {
    await engine.close();
  }
}

function write(kind: 'sqlite' | 'postgres', full: string, className: string, statements: readonly string[]): string {
  const file = join(folder, kind, `${full}.ts`);
  const quoted = (text: string): string => (text.includes("'") ? JSON.stringify(text) : `'${text}'`);
  const lines = statements.map((statement) => `    this.addSql(${quoted(statement.trim())});`);
  writeFileSync(
    file,
    `import { Migration } from '@mikro-orm/migrations';\n\n/** ${what} */\nexport class ${className} extends Migration {\n  override up(): void {\n${lines.join('\n')}\n  }\n}\n`,
  );
  return file;
}

const versions = '/usr/lib/postgresql';
process.env.PATH += readdirSync(versions)
  .map((version) => `:${join(versions, version, 'bin')}`)
  .join('');
const directory = mkdtempSync(join(tmpdir(), 'migration-'));
const server = await PostgresServer.start();
try {
  const sqlite = await missing(await openSqliteEngine(join(directory, 'x.db')));
  const postgres = await missing(await openPostgresEngine(await server.database()));
  if (sqlite.length + postgres.length === 0) {
    console.log('the migrations so far give what the entities say: nothing to write');
  } else {
    const full = `${String(MIGRATIONS.length + 1).padStart(4, '0')}-${name}`;
    const className = name.replace(/(?:^|-)([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
    const files = [write('sqlite', full, className, sqlite), write('postgres', full, className, postgres)];
    spawnSync(
      process.execPath,
      [join(root, 'node_modules/prettier/bin/prettier.cjs'), '--write', '--log-level', 'warn', ...files],
      {
        stdio: 'inherit',
      },
    );
    console.log(`${files.join('\n')}\nadd it to control-plane/adapters/database/migrations/all.ts as '${full}'`);
  }
} finally {
  await server.close();
  rmSync(directory, { recursive: true });
}
