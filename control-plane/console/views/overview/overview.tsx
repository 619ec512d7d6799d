import type { ReactNode } from 'react';

export default function Overview(): ReactNode {
  return (
    <div className="page">
      <title>Overview · Cartwright</title>
      <h1>Overview</h1>
    </div>
  );
}
