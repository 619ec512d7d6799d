/** YAML that reads back as what it was, and in which no text can steer a terminal. Loaded only where YAML is asked for. */
import { Document, Scalar, visit } from 'yaml';

/** What YAML would leave as it is although it steers a terminal, or changes the order in which a text is shown. */
const STEERING = /(?![\t\n])\p{Cc}|\p{Bidi_Control}|[\u2028\u2029\ufeff]/u;
/** Lines of which a block would lose, or gain, white space at their ends. */
const UNFIT_FOR_BLOCK = /^\s[^]*\n|[^\S\n](?:\n|$)/;
const ESCAPED = new RegExp(STEERING.source, 'gu');

/** Ends with a line feed. Every number, text and key comes out of a reader as it went in. */
export function toYaml(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_key, node) {
      const { value: text } = node;
      if (typeof text !== 'string') return;
      // Only within double quotes an escape is one.
      if (STEERING.test(text) || UNFIT_FOR_BLOCK.test(text)) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return document
    .toString({ lineWidth: 0 })
    .replace(ESCAPED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
