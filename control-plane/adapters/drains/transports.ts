/** The ways to receivers of logs, by the type of the drain. */
import type { Drain } from '../../../schema/manifests/drain.ts';
import type { DrainTransport, DrainTransports } from '../../app/ports/drains.ts';
import type { LogOwner } from '../../app/ports/logs.ts';
import type { NetworkGuard } from '../network/guard.ts';
import { OtlpTransport } from './otlp-transport.ts';
import { SyslogDatagrams } from './syslog-datagrams.ts';
import { SyslogStream } from './syslog-stream.ts';

/** Opens nothing before there is something to send. */
export function createDrainTransports(guard: NetworkGuard, now: () => number = Date.now): DrainTransports {
  return { open: (application, drain) => transportOf(application, drain, guard, now) };
}

function transportOf(application: LogOwner, drain: Drain, guard: NetworkGuard, now: () => number): DrainTransport {
  const options = { application, url: new URL(drain.url), ca: drain.ca, guard, now };
  switch (drain.type) {
    case 'syslog':
      return options.url.protocol === 'udp:' ? new SyslogDatagrams(options) : new SyslogStream(options);
    case 'otlp':
      return new OtlpTransport({ ...options, headers: drain.headers ?? {} });
  }
}
