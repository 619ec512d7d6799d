/** A cartridge with a volume, and what is kept there: a note that is sent to an instance and answered by it. */
import type { PodView } from './pods.ts';

/** Keeps what it is sent in its volume, and answers it; its first line is where the volume is. */
const PROGRAM = `
const { readFileSync, writeFileSync } = require('node:fs');
const folder = process.env.CARTWRIGHT_VOLUME_DATA;
require('node:http').createServer(async (request, response) => {
  try {
    if (request.method === 'POST') writeFileSync(folder + '/note', (await request.toArray()).join(''));
    response.end(folder + '\\n' + readFileSync(folder + '/note'));
  } catch (error) {
    response.writeHead(500).end(error.message);
  }
}).listen(process.env.PORT, process.env.HOST);
`;

/** `image`: of a cartridge with `node` on its PATH. */
export function notesCartridge(image: string): object {
  return {
    ...{ apiVersion: 'cartwright.dev/v1', kind: 'Cartridge', metadata: { name: 'notes' } },
    spec: {
      ...{ version: '1', category: 'data', runtimes: ['container'], image, artifact: { required: false } },
      ports: [{ name: 'notes', protocol: 'tcp' }],
      readiness: { tcp: { port: 'notes' }, intervalSeconds: 0.2 },
      ...{ drainSeconds: 5, startSeconds: 3, resources: { cpuCores: 0.05, memoryBytes: '128Mi' } },
      volumes: [{ name: 'data', mountPath: 'notes', sizeBytes: '8Mi' }],
    },
  };
}

export interface NotesOptions {
  readonly application: string;
  readonly alias: string;
  readonly minimum: number;
}

export function notesApplication({ application, alias, minimum }: NotesOptions): object {
  return {
    ...{ apiVersion: 'cartwright.dev/v1', kind: 'Application', metadata: { name: application } },
    spec: {
      components: [
        {
          ...{ kind: 'cartridge', alias, cartridge: 'notes', start: ['node', '-e', PROGRAM] },
          autoscaling: { minimum, maximum: 3 },
        },
      ],
    },
  };
}

/** What the pod answers, once it has kept `text` where that is given. */
export async function note(pod: PodView | undefined, text?: string): Promise<string> {
  const asked = text === undefined ? {} : { method: 'POST', body: text };
  const answer = await fetch(`http://${pod?.status.podIP}:8080/`, { ...asked, signal: AbortSignal.timeout(5000) });
  return answer.text();
}

/** What it answers that has kept the text. */
export const kept = (text: string): string => `/cartwright/data/volumes/notes\n${text}`;

/** Which of its StatefulSet it is. */
export const numberOf = ({ metadata }: PodView): number => Number(metadata.name.split('-').at(-1));
