/** What can be asked about notices: who outside of the platform is told of events. */
import type { Principal } from '../principal.ts';
import type { NoticeProgressRecord, NoticeRecord } from '../records/notices.ts';

/** A notice as people see it: everything but its secret, and how far it has come. */
export interface Notice
  extends
    Omit<NoticeRecord, 'sealed' | 'formerSecret' | 'tenant'>,
    Pick<NoticeProgressRecord, 'dropped' | 'lastSuccess' | 'lastError'> {
  /** Null: the operators', of the whole platform. */
  readonly tenant: string | null;
  /** `retrying`: the last message was not taken. */
  readonly state: 'delivering' | 'retrying' | 'disabled';
  /** Events that it is about and that were not taken yet; counted up to 1000. */
  readonly waiting: number;
  /** Until when the secret before signs as well, in milliseconds since the epoch; null: it does not. */
  readonly formerSignsUntil: number | null;
  /** False when the key that its secret is encrypted with is lost: make it again. */
  readonly isReadable: boolean;
}

export interface NewNotice {
  readonly tenant?: string | null;
  /** Of whatever happens on the platform; for operators. */
  readonly platform?: boolean;
  readonly name: string;
  /** Name of the only application that it is about; all of the tenant's if absent. */
  readonly application?: string | null;
  readonly url: string;
  /** Event types: `rollout.returned`, all that begin alike (`instance.*`), or `*`. */
  readonly types: readonly string[];
}

/** What became of a test. */
export interface NoticeTest {
  readonly notice: Notice;
  readonly taken: boolean;
  /** The receiver's answer; null: there was none. */
  readonly status: number | null;
  readonly milliseconds: number;
  /** For a person. */
  readonly message: string;
}

export interface NoticeQueries {
  notices(principal: Principal, tenant?: string | null): Promise<Notice[]>;
}

export interface NoticeMutations {
  /** The secret is answered this once. */
  createNotice(principal: Principal, input: NewNotice): Promise<{ readonly notice: Notice; readonly secret: string }>;
  /** Another secret, which is answered this once. The one before signs as well for `overlapSeconds`. */
  rotateNotice(
    principal: Principal,
    input: { readonly uid: string; readonly overlapSeconds: number },
  ): Promise<{ readonly notice: Notice; readonly secret: string }>;
  /** Sends a message of the type `notice.test` at once, also where the notice is disabled. */
  testNotice(principal: Principal, uid: string): Promise<NoticeTest>;
  /** Goes on where it was when it was disabled. */
  enableNotice(principal: Principal, uid: string): Promise<Notice>;
  deleteNotice(principal: Principal, uid: string): Promise<Notice>;
}
