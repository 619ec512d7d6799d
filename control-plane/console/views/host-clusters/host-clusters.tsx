import type { ReactNode } from 'react';

export default function HostClusters(): ReactNode {
  return (
    <div className="page">
      <title>HostClusters · Cartwright</title>
      <h1>HostClusters</h1>
    </div>
  );
}
