import type { ReactNode } from 'react';

export default function Releases(): ReactNode {
  return (
    <div className="page">
      <title>Releases · Cartwright</title>
      <h1>Releases</h1>
    </div>
  );
}
