/** The policy as YAML, with its lines and what is wrong with them. */
import { useId, useRef, type ReactNode } from 'react';
import { Foreign } from '../../../components/foreign.tsx';
import type { TextFault } from './yaml-text.ts';

export interface YamlPaneProps {
  readonly text: string;
  readonly faults: readonly TextFault[];
  readonly isReadOnly: boolean;
  readonly onChange: (text: string) => void;
}

export function YamlPane({ text, faults, isReadOnly, onChange }: YamlPaneProps): ReactNode {
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const lines = text.split('\n');
  const wrong = new Set(faults.map(({ line }) => line));
  const goTo = (line: number): void => {
    const start = lines.slice(0, line - 1).reduce((sum, { length }) => sum + length + 1, 0);
    area.current?.focus();
    area.current?.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  };
  return (
    <section className="block yaml-pane" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>YAML</h2>
      <div className="yaml-lines">
        <pre aria-hidden="true">
          {lines.map((_, index) => (
            <span key={index} className={wrong.has(index + 1) ? 'wrong' : ''}>
              {wrong.has(index + 1) ? '!' : ''}
              {index + 1}
              {'\n'}
            </span>
          ))}
        </pre>
        <textarea
          ref={area}
          className="mono"
          aria-labelledby={`${id}-title`}
          aria-describedby={`${id}-faults`}
          aria-invalid={faults.length > 0}
          rows={Math.max(14, lines.length)}
          wrap="off"
          spellCheck={false}
          autoCapitalize="off"
          readOnly={isReadOnly}
          value={text}
          onChange={({ target }) => onChange(target.value)}
        />
      </div>
      <ul id={`${id}-faults`} className="plain yaml-faults" role="status">
        {faults.map(({ line, message }, index) => (
          <li key={index}>
            <button type="button" onClick={() => goTo(line)}>
              Line {line}
            </button>{' '}
            <span className="fault">
              <Foreign text={message} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
