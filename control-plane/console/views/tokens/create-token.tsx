/** Makes a token, and shows it this once. */
import { useState, type FormEvent, type ReactNode } from 'react';
import { CopyButton } from '../../components/copy-button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Field, TextField } from '../../components/field.tsx';
import { RefusedNote } from '../../components/notes.tsx';
import { visible } from '../../components/visible.ts';
import { word } from '../../components/words.ts';
import { TokensCreate, type Role } from '../../generated/operations.ts';
import { carriedOut } from '../../live/user-errors.ts';
import { useAct } from '../../live/use-act.ts';
import { useCaller } from '../../shell/caller.tsx';
import { useTenant } from '../../shell/tenant.ts';
import { LIFETIMES, lifetimeInput, rolesUpTo, type Lifetime } from './tokens.ts';

/** `bearer` is null where the answer that had it was lost. */
interface Made {
  readonly name: string;
  readonly bearer: string | null;
}

export function CreateToken(): ReactNode {
  const caller = useCaller();
  const tenant = useTenant();
  const roles = rolesUpTo(caller.role);
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>(roles.length > 1 ? 'DEPLOYER' : 'VIEWER');
  const [application, setApplication] = useState(caller.application ?? '');
  const [lifetime, setLifetime] = useState<Lifetime>(90);
  const [made, setMade] = useState<Made | null>(null);
  const [acting, act] = useAct(TokensCreate, ({ createToken }) => {
    const { bearer, token } = carriedOut(createToken);
    setMade({ name: token?.name ?? name, bearer });
  });
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const scope = role === 'OPERATOR' ? {} : { tenant, ...(application === '' ? {} : { application }) };
    if (await act({ name: name.trim(), role, ...scope, ...lifetimeInput(lifetime) })) setName('');
  };
  return (
    <>
      <form className="block" onSubmit={(event) => void submit(event)}>
        <h2>Make a token{role === 'OPERATOR' ? ' of the platform' : ` of ${tenant}`}</h2>
        <div className="columns">
          <TextField
            label="Name"
            value={name}
            onChange={setName}
            hint="By which people will know it: who, or which program."
          />
          <Field label="Role" hint={roles.find((each) => each.role === role)?.may}>
            {(attributes) => (
              <select {...attributes} value={role} onChange={({ target }) => setRole(target.value as Role)}>
                {roles.map((each) => (
                  <option key={each.role} value={each.role}>
                    {word(each.role)}
                  </option>
                ))}
              </select>
            )}
          </Field>
          {role === 'OPERATOR' ? null : (
            <TextField
              label="Only for the application"
              isOptional
              value={application}
              onChange={(typed) => setApplication(caller.application ?? typed)}
              hint={caller.application === null ? 'It need not exist yet. Left empty: all of them.' : 'As your own is.'}
            />
          )}
          <Field label="It ends">
            {(attributes) => (
              <select
                {...attributes}
                value={String(lifetime)}
                onChange={({ target }) => setLifetime(LIFETIMES.find((days) => String(days) === target.value) ?? null)}
              >
                {LIFETIMES.map((days) => (
                  <option key={days} value={String(days)}>
                    {days === null ? 'only when it is revoked' : `after ${days} days`}
                  </option>
                ))}
              </select>
            )}
          </Field>
        </div>
        {acting.kind === 'refused' ? <RefusedNote error={acting.error} /> : null}
        <div className="actions">
          <button type="submit" className="main" disabled={acting.kind === 'acting' || name.trim() === ''}>
            Make it
          </button>
        </div>
      </form>
      {made === null ? null : <ShownOnce made={made} onClose={() => setMade(null)} />}
    </>
  );
}

function ShownOnce({ made, onClose }: { readonly made: Made; readonly onClose: () => void }): ReactNode {
  return (
    <Dialog title={`The token ${visible(made.name)}`} onClose={onClose}>
      {made.bearer === null ? (
        <p className="note bad">It was made, but the answer that had it was lost. Revoke it, and make another one.</p>
      ) : (
        <>
          <p>
            <strong>It is shown this once, and kept nowhere.</strong> Copy it now:
          </p>
          <p>
            <code style={{ overflowWrap: 'anywhere' }} data-token>
              {made.bearer}
            </code>
          </p>
          <CopyButton text={made.bearer} />
          <p className="quiet">
            It is asked for by <code>{`cartwright login ${window.location.origin}`}</code>, and taken from{' '}
            <code>CARTWRIGHT_TOKEN</code> by programs.
          </p>
        </>
      )}
      <div className="actions">
        <button type="button" className="main" onClick={onClose}>
          I have it
        </button>
      </div>
    </Dialog>
  );
}
