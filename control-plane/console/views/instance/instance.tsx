import type { ReactNode } from 'react';

export default function Instance(): ReactNode {
  return (
    <div className="page">
      <title>Instance · Cartwright</title>
      <h1>Instance</h1>
    </div>
  );
}
