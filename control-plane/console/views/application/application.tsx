import type { ReactNode } from 'react';

export default function Application(): ReactNode {
  return (
    <div className="page">
      <title>Application · Cartwright</title>
      <h1>Application</h1>
    </div>
  );
}
