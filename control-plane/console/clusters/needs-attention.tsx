/** What needs a person, the most urgent first. */
import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { SEVERITIES, type Concern, type Severity } from './attention.ts';
import { useSearchOf } from '../shell/tenant.ts';
import { nameOf, type NameFrom } from './name.ts';
import { placeOf } from './place-of.ts';

/** So many at first. */
const AT_FIRST = 5;
/** Nobody reads more of them in one piece. */
const AT_MOST = 100;

const WORDS: Readonly<Record<Severity, readonly [word: string, tone: string]>> = {
  CRITICAL: ['critical', 'bad'],
  WARNING: ['warning', 'warning'],
  INFO: ['info', ''],
};

export interface NeedsAttentionProps {
  readonly concerns: readonly Concern[];
  readonly nameFrom: NameFrom;
}

export function NeedsAttention({ concerns, nameFrom }: NeedsAttentionProps): ReactNode {
  const [isLong, setLong] = useState(false);
  const shown = concerns.slice(0, isLong ? AT_MOST : AT_FIRST);
  return (
    <section className="block concerns" aria-labelledby="attention">
      <h2 id="attention">Needs attention first</h2>
      <p role="status" className="quiet">
        {concerns.length === 0 ? 'Nothing does.' : counted(concerns)}
      </p>
      <ol className="plain">
        {shown.map((concern) => (
          <Item key={`${concern.entry.uid} ${concern.code}`} concern={concern} nameFrom={nameFrom} />
        ))}
      </ol>
      {concerns.length > AT_FIRST ? (
        <p className="actions">
          <button type="button" aria-expanded={isLong} onClick={() => setLong(!isLong)}>
            {isLong ? `Show only the first ${AT_FIRST}` : `Show ${Math.min(concerns.length, AT_MOST) - AT_FIRST} more`}
          </button>
          {isLong && concerns.length > AT_MOST ? (
            <span className="quiet">and {(concerns.length - AT_MOST).toLocaleString('en')} others.</span>
          ) : null}
        </p>
      ) : null}
    </section>
  );
}

function Item({ concern, nameFrom }: { readonly concern: Concern; readonly nameFrom: NameFrom }): ReactNode {
  const searchOf = useSearchOf();
  const { entry, code, severity, sentence } = concern;
  const { tenant, applicationName: application, alias } = entry;
  const [word, tone] = WORDS[severity] ?? WORDS.INFO;
  return (
    <li>
      <span className={`word ${tone}`}>{word}</span>
      <Link to={placeOf(code)} params={{ application, alias }} search={searchOf(tenant)} className="name">
        {nameOf(entry, nameFrom)}
      </Link>
      <bdi className="sentence">{sentence}</bdi>
    </li>
  );
}

/** "2 critical, 1 warning". */
function counted(concerns: readonly Concern[]): string {
  return SEVERITIES.flatMap((severity) => {
    const count = concerns.filter((concern) => concern.severity === severity).length;
    if (count === 0) return [];
    const [word] = WORDS[severity];
    return [`${count.toLocaleString('en')} ${word === 'warning' && count > 1 ? 'warnings' : word}`];
  }).join(', ');
}
