import type { ReactNode } from 'react';

export default function Policies(): ReactNode {
  return (
    <div className="page">
      <title>Policies · Cartwright</title>
      <h1>Policies</h1>
    </div>
  );
}
