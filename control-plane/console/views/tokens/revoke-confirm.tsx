import type { ReactNode } from 'react';
import { Confirm } from '../../components/confirm.tsx';
import { visible } from '../../components/visible.ts';
import { TokensRevoke } from '../../generated/operations.ts';
import { carriedOut } from '../../live/user-errors.ts';
import { useAct } from '../../live/use-act.ts';
import type { Token } from './tokens.ts';

export interface RevokeConfirmProps {
  readonly token: Token;
  /** It is the one that the page is signed in with. */
  readonly isOwn: boolean;
  readonly onClose: () => void;
}

export function RevokeConfirm({ token, isOwn, onClose }: RevokeConfirmProps): ReactNode {
  const [acting, act] = useAct(TokensRevoke, ({ revokeToken }) => void carriedOut(revokeToken));
  const confirm = async (): Promise<void> => {
    if (await act({ uid: token.uid })) onClose();
  };
  return (
    <Confirm
      title={`Revoke ${visible(token.name)}?`}
      verb="Revoke it"
      destroys
      acting={acting}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <p>
        Whoever uses it is refused at once, and what they hold open is closed. It cannot be taken back: make another one
        instead.
      </p>
      {isOwn ? (
        <p className="note warning">
          <strong>It is the one that you use here:</strong> you are signed out by it.
        </p>
      ) : null}
    </Confirm>
  );
}
