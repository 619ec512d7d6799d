import type { ReactNode } from 'react';

export default function Audit(): ReactNode {
  return (
    <div className="page">
      <title>Audit · Cartwright</title>
      <h1>Audit</h1>
    </div>
  );
}
