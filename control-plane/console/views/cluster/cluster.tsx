import type { ReactNode } from 'react';

export default function ServiceCluster(): ReactNode {
  return (
    <div className="page">
      <title>ServiceCluster · Cartwright</title>
      <h1>ServiceCluster</h1>
    </div>
  );
}
