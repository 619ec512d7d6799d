/** What agents published, parsed by the contract's own parsers. */
import { parseArtifactReport, type ArtifactReport } from '../../schema/mqtt/artifact.ts';
import { parseAck, type Ack } from '../../schema/mqtt/command.ts';
import { parseDemand, type DemandReport } from '../../schema/mqtt/demand.ts';
import { parseLog, type LogReport } from '../../schema/mqtt/log.ts';
import type { Parsed } from '../../schema/mqtt/payload.ts';
import { parseStats, type StatsReport } from '../../schema/mqtt/stats.ts';
import { parseStatus, type StatusReport, type Will } from '../../schema/mqtt/status.ts';
import { parseTopic } from '../../schema/mqtt/topics.ts';

/** Everything that agents published, parsed; what could not be parsed is in `problems`. */
export class Received {
  readonly statuses: (StatusReport | Will)[] = [];
  readonly artifacts: ArtifactReport[] = [];
  readonly acks: Ack[] = [];
  readonly stats: StatsReport[] = [];
  readonly demands: DemandReport[] = [];
  readonly logs: LogReport[] = [];
  readonly problems: string[] = [];

  take(topic: string, payload: Buffer): void {
    const parsed = parseTopic(topic);
    switch (parsed?.leaf) {
      case 'status':
        return this.#keep(this.statuses, parseStatus(payload));
      case 'artifact':
        return this.#keep(this.artifacts, parseArtifactReport(payload));
      case 'ack':
        return this.#keep(this.acks, parseAck(payload));
      case 'stats':
        return this.#keep(this.stats, parseStats(payload));
      case 'demand':
        return this.#keep(this.demands, parseDemand(payload));
      case 'log':
        return this.#keep(this.logs, parseLog(payload));
      default:
        this.problems.push(`unexpected topic ${topic}`);
    }
  }

  #keep<T>(list: T[], parsed: Parsed<T>): void {
    if (parsed.ok) list.push(parsed.value);
    else this.problems.push(`${parsed.problem}: ${parsed.detail}`);
  }

  get status(): StatusReport | undefined {
    return this.statuses.filter((status): status is StatusReport => status.state !== 'offline').at(-1);
  }

  get states(): string[] {
    return this.statuses.map(({ state }) => state).filter((state, index, all) => state !== all[index - 1]);
  }

  get phases(): string[] {
    return this.artifacts
      .map(({ slots }) => slots.app)
      .map((slot) => (slot ? `${slot.release} ${slot.phase}` : 'none'))
      .filter((phase, index, all) => phase !== all[index - 1]);
  }

  get lines(): string[] {
    return this.logs.flatMap(({ lines }) => lines.map(({ stream, text }) => `${stream}: ${text}`));
  }
}
