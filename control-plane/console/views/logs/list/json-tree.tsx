/** JSON as a tree that is opened a level at a time. */
import { useState, type ReactNode } from 'react';
import { asWritten } from '../text/ansi.ts';
import { summary, type Node } from '../text/json.ts';

/** Entries that are shown at first, and with each asking for more. */
const PAGE = 100;

export function JsonTree({ node }: { readonly node: Node }): ReactNode {
  return node.kind === 'object' || node.kind === 'list' ? (
    <Entries node={node} />
  ) : (
    <span className={`json-${node.kind}`}>
      {node.kind === 'text' ? JSON.stringify(asWritten(node.text)) : node.text}
    </span>
  );
}

function Entries({ node }: { readonly node: Extract<Node, { readonly entries: unknown }> }): ReactNode {
  const [shown, setShown] = useState(PAGE);
  return (
    <ul className="json-tree">
      {node.entries.slice(0, shown).map(([name, child], index) => (
        <li key={index}>
          {child.kind === 'object' || child.kind === 'list' ? (
            <Branch name={name} node={child} />
          ) : (
            <>
              <Name name={name} /> <JsonTree node={child} />
            </>
          )}
        </li>
      ))}
      {node.entries.length > shown ? (
        <li>
          <button type="button" onClick={() => setShown((count) => count + PAGE)}>
            {(node.entries.length - shown).toLocaleString('en-US')} more
          </button>
        </li>
      ) : null}
    </ul>
  );
}

/** What is in it is made when it is opened. */
function Branch({ name, node }: { readonly name: string; readonly node: Node }): ReactNode {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        <Name name={name} /> <span className="quiet">{summary(node)}</span>
      </summary>
      {isOpen ? <JsonTree node={node} /> : null}
    </details>
  );
}

function Name({ name }: { readonly name: string }): ReactNode {
  return <bdi className="json-name">{asWritten(name)}:</bdi>;
}
