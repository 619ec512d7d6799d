/** A report in Markdown: the tables, without the drawings. */
import { durationText } from './duration.ts';
import type { Report, ReportTable } from './report.ts';

export function markdownOf({ facts, overall, traces, notes }: Report): string {
  const parts = [
    '# Elasticity',
    facts.map(([name, value]) => `- ${name}: ${cell(value)}`).join('\n'),
    ...(traces.length > 1 ? overall.map((table) => tableOf(table, 2)) : []),
    ...traces.flatMap(({ name, seconds, tables }) => [
      `## ${cell(name)}`,
      durationText(seconds),
      ...tables.map((table) => tableOf(table, 3)),
    ]),
    notes.map((note) => `- ${cell(note)}`).join('\n'),
  ];
  return `${parts.join('\n\n')}\n`;
}

function tableOf({ title, head, rows }: ReportTable, level: number): string {
  return [
    `${'#'.repeat(level)} ${title}`,
    '',
    line(head),
    `|---|${'---:|'.repeat(head.length - 1)}`,
    ...rows.map((row) => line(row)),
  ].join('\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((text) => cell(text)).join(' | ')} |`;
}

/** What means something in Markdown, for example the mark of a nearest target. */
function cell(text: string): string {
  return text.replace(/[\\|*_<>`]/g, (sign) => `\\${sign}`);
}
