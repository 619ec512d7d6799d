/** What a control plane answers that waits for the lease: it lives, it is not ready, and it says for whom it waits. */
import type { RequestListener } from 'node:http';

export function standbyAnswers(by: { readonly holder: string; readonly fence: number }): RequestListener {
  const detail = `standby: ${by.holder} is the holder (fencing number ${by.fence})`;
  return (request, response) => {
    const json = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '1' });
      response.end(JSON.stringify(body));
    };
    const path = request.url?.split('?', 1)[0];
    if (path === '/healthz') json(200, { ok: true });
    else if (path === '/readyz') json(503, { ok: false, checks: [{ name: 'lease', ok: false, detail }] });
    else json(503, { error: { code: 'STANDBY', message: `this control plane is a ${detail}; ask that one` } });
  };
}
