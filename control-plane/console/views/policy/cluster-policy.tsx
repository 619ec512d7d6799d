import type { ReactNode } from 'react';

export default function ClusterPolicy(): ReactNode {
  return (
    <div className="page">
      <title>ClusterPolicy · Cartwright</title>
      <h1>ClusterPolicy</h1>
    </div>
  );
}
