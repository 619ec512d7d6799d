import type { ReactNode } from 'react';

export default function Deploy(): ReactNode {
  return (
    <div className="page">
      <title>Deploy · Cartwright</title>
      <h1>Deploy</h1>
    </div>
  );
}
