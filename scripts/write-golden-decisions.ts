/**
 * Writes the golden decisions to control-plane/domain/autoscaling/testing/golden-decisions.json. Refuses while the committed
 * ones are decided otherwise by a decider of the same version: a stored decision could no longer be computed again.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { DECIDER_VERSION } from '../control-plane/domain/autoscaling/decide.ts';
import {
  differences,
  GOLDEN_FILE,
  goldenText,
  makeGolden,
  readGolden,
} from '../control-plane/domain/autoscaling/testing/golden.ts';

const NONE = { deciderVersion: 0, cases: [], drawn: { inputs: '', decisions: [] } };
const committed = existsSync(GOLDEN_FILE) ? readGolden() : NONE;
const found = differences(committed);
if (found.length > 0 && DECIDER_VERSION <= committed.deciderVersion) {
  console.error(
    `golden decisions of version ${committed.deciderVersion} are decided otherwise now: ` +
      `set DECIDER_VERSION in control-plane/domain/autoscaling/decide.ts to ${committed.deciderVersion + 1}, then run this again`,
  );
  for (const difference of found) console.error(`  ${difference}`);
  process.exit(1);
}
const golden = makeGolden();
writeFileSync(GOLDEN_FILE, goldenText(golden));
console.log(`wrote ${golden.cases.length} decisions of version ${golden.deciderVersion}`);
