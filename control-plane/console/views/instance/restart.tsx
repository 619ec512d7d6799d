/** Starts the application of an instance again, in its place. */
import { useState, type ReactNode } from 'react';
import { Confirm } from '../../components/confirm.tsx';
import { InstanceRestart } from '../../generated/operations.ts';
import { useAct } from '../../live/use-act.ts';
import { carriedOut } from '../../live/user-errors.ts';

export function Restart({ uid, name }: { readonly uid: string; readonly name: string }): ReactNode {
  const [isAsking, setAsking] = useState(false);
  const [said, setSaid] = useState('');
  const [acting, act] = useAct(InstanceRestart, ({ restartInstance }) => {
    carriedOut(restartInstance);
    setSaid('Its agent was told to restart it: see its life below.');
    setAsking(false);
  });
  return (
    <>
      <span role="status" className="quiet">
        {said}
      </span>{' '}
      <button type="button" onClick={() => setAsking(true)}>
        Restart …
      </button>
      {isAsking ? (
        <Confirm
          title={`Restart ${name}?`}
          verb="Restart"
          acting={acting}
          onConfirm={() => void act({ uid })}
          onClose={() => setAsking(false)}
        >
          <p>
            It leaves the load balancers, its application is stopped and started again in the same place with the
            release that it runs, and it serves again as soon as its check succeeds. Until then there is one instance
            fewer.
          </p>
        </Confirm>
      ) : null}
    </>
  );
}
