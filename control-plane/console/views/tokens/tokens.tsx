import type { ReactNode } from 'react';

export default function Tokens(): ReactNode {
  return (
    <div className="page">
      <title>Tokens · Cartwright</title>
      <h1>Tokens</h1>
    </div>
  );
}
