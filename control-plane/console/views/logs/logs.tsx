import type { ReactNode } from 'react';

export default function Logs(): ReactNode {
  return (
    <div className="page">
      <title>Logs · Cartwright</title>
      <h1>Logs</h1>
    </div>
  );
}
