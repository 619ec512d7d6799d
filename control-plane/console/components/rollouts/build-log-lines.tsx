/** The log of a build, at its end as long as the reader is there. */
import { useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import { Foreign } from '../foreign.tsx';
import { CopyButton } from '../copy-button.tsx';
import { visible } from '../visible.ts';
import type { BuildLog } from './build-log.ts';
import './rollouts.css';

/** More than this is shown when somebody asks for it. */
const SHOWN = 500;
/** So near to the end one reads along. */
const NEAR_PIXELS = 24;

export function BuildLogLines({ log }: { readonly log: BuildLog }): ReactNode {
  const element = useRef<HTMLPreElement>(null);
  const isAtEnd = useRef(true);
  const [isWhole, setWhole] = useState(false);
  const hidden = isWhole ? 0 : Math.max(0, log.lines.length - SHOWN);
  useLayoutEffect(() => {
    const lines = element.current;
    if (lines !== null && isAtEnd.current) lines.scrollTop = lines.scrollHeight;
  }, [log]);
  if (log.lines.length === 0) {
    return (
      <p className="quiet">
        {log.build.finishedAt === null ? 'It has printed nothing yet.' : 'It has printed nothing.'}
      </p>
    );
  }
  return (
    <>
      <div className="actions log-actions">
        {hidden === 0 ? null : (
          <button type="button" onClick={() => setWhole(true)}>
            Show {hidden} earlier lines
          </button>
        )}
        {log.dropped === 0 ? null : <span className="quiet">{log.dropped} lines before these are not kept here.</span>}
        <CopyButton text={log.lines.map(visible).join('\n')} label="Copy the log" />
      </div>
      <pre
        ref={element}
        className="build-log"
        role="log"
        aria-label="Log of the build"
        tabIndex={0}
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
          isAtEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_PIXELS;
        }}
      >
        {log.lines.slice(hidden).map((line, index) => (
          <div key={log.dropped + hidden + index}>
            <Foreign text={line} />
          </div>
        ))}
      </pre>
    </>
  );
}
