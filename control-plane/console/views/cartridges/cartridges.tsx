import type { ReactNode } from 'react';

export default function Cartridges(): ReactNode {
  return (
    <div className="page">
      <title>Cartridges · Cartwright</title>
      <h1>Cartridges</h1>
    </div>
  );
}
