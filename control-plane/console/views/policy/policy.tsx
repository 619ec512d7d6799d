import type { ReactNode } from 'react';

export default function Policy(): ReactNode {
  return (
    <div className="page">
      <title>Policy · Cartwright</title>
      <h1>Policy</h1>
    </div>
  );
}
