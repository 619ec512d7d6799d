/** `/tokens`: who can ask the control plane for something, and for what. For admins. */
import { useState, type ReactNode } from 'react';
import { Foreign } from '../../components/foreign.tsx';
import { EmptyNote, RefusedNote, Waiting } from '../../components/notes.tsx';
import { Time, useNow } from '../../components/time.tsx';
import { word } from '../../components/words.ts';
import { TokensList } from '../../generated/operations.ts';
import { useAsk } from '../../live/use-ask.ts';
import { useMay } from '../../shell/caller.tsx';
import { useTenantFilter } from '../../shell/tenant.ts';
import { CreateToken } from './create-token.tsx';
import { RevokeConfirm } from './revoke-confirm.tsx';
import { isGood, stateOf, TONES, type Token } from './tokens.ts';

export default function Tokens(): ReactNode {
  const mayAdmin = useMay('ADMIN');
  return (
    <div className="page">
      <title>Tokens · Cartwright</title>
      {mayAdmin ? (
        <All />
      ) : (
        <>
          <h1>Tokens</h1>
          <EmptyNote title="Tokens are for admins.">
            <p>Ask an admin of your tenant for one.</p>
          </EmptyNote>
        </>
      )}
    </div>
  );
}

function All(): ReactNode {
  const tenant = useTenantFilter();
  const [isMaking, setMaking] = useState(false);
  const [showsEnded, setShowsEnded] = useState(false);
  const [revoking, setRevoking] = useState<Token | null>(null);
  const [asked, ask] = useAsk(TokensList, { variables: { tenant }, again: ['token.', 'tenant.'] });
  const now = useNow();
  const tokens = asked.kind === 'answered' ? asked.result.tokens : [];
  const shown = tokens.filter((token) => showsEnded || isGood(stateOf(token, now)));
  const own = asked.kind === 'answered' ? asked.result.caller.token : '';
  return (
    <>
      <div className="page-head">
        <h1>Tokens</h1>
        <label>
          <input type="checkbox" checked={showsEnded} onChange={({ target }) => setShowsEnded(target.checked)} /> with
          those that have ended
        </label>
        <span className="actions">
          <button type="button" className="main" aria-expanded={isMaking} onClick={() => setMaking(!isMaking)}>
            Make a token
          </button>
        </span>
      </div>
      {isMaking ? <CreateToken /> : null}
      {asked.kind === 'waiting' ? <Waiting what="the tokens" /> : null}
      {asked.kind === 'refused' ? <RefusedNote error={asked.error} again={ask} /> : null}
      {asked.kind === 'answered' && shown.length === 0 ? (
        <EmptyNote title="There are no tokens.">
          <p>
            Make one for each person and each program: what one of them did can then be told apart, and one be revoked.
          </p>
        </EmptyNote>
      ) : null}
      {shown.length === 0 ? null : <TokensTable tokens={shown} own={own} now={now} onRevoke={setRevoking} />}
      {revoking === null ? null : (
        <RevokeConfirm token={revoking} isOwn={revoking.uid === own} onClose={() => setRevoking(null)} />
      )}
    </>
  );
}

interface TokensTableProps {
  readonly tokens: readonly Token[];
  /** Uid of the caller's own. */
  readonly own: string;
  readonly now: number;
  readonly onRevoke: (token: Token) => void;
}

function TokensTable({ tokens, own, now, onRevoke }: TokensTableProps): ReactNode {
  return (
    <div className="scroll-x">
      <table className="stacked">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">State</th>
            <th scope="col">Role</th>
            <th scope="col">For</th>
            <th scope="col">Made</th>
            <th scope="col">Ends</th>
            <th scope="col">
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {tokens.map((token) => (
            <tr key={token.uid}>
              <th scope="row">
                <Foreign text={token.name} />{' '}
                {token.uid === own ? <span className="quiet">(the one you use)</span> : null}
              </th>
              <td>
                <State token={token} now={now} />
              </td>
              <td data-label="Role">{word(token.role)}</td>
              <td data-label="For">{scopeText(token)}</td>
              <td data-label="Made">
                <Time at={token.createdAt} />
              </td>
              <td data-label="Ends">{token.expiresAt === null ? 'never' : <Time at={token.expiresAt} />}</td>
              <td>
                {isGood(stateOf(token, now)) ? (
                  <button type="button" className="destroys" onClick={() => onRevoke(token)}>
                    Revoke<span className="visually-hidden"> {token.name}</span>
                  </button>
                ) : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function State({ token, now }: { readonly token: Token; readonly now: number }): ReactNode {
  const state = stateOf(token, now);
  return (
    <>
      <span className={`word ${TONES[state]}`}>{state === 'ends-soon' ? 'ends soon' : state}</span>{' '}
      {token.revokedAt === null ? null : <Time at={token.revokedAt} />}
    </>
  );
}

function scopeText({ tenant, application }: Token): string {
  if (tenant === null) return 'the platform';
  return application === null ? `all of ${tenant}` : `${application} of ${tenant}`;
}
