/** Mouse, wheel, fingers: what moves the view of a chart. */
export interface Gestures {
  /** To later by so many pixels. */
  readonly onPan: (pixels: number) => void;
  /** @param factor below 1 to see less time @param clientX the place that stays where it is */
  readonly onZoom: (factor: number, clientX: number) => void;
  /** A place was pointed at without moving it. */
  readonly onTap: (clientX: number) => void;
  /** The wheel was turned over a chart that is not the one that is used: the page scrolls. */
  readonly onScrolledOver: () => void;
}

/** A finger trembles. */
const STILL_PIXELS = 5;
const WHEEL_POWER = 0.002;

/** @returns ends it */
export function listen(host: HTMLElement, gestures: Gestures): () => void {
  const pointers = new Map<number, { x: number; readonly begin: number }>();
  let hasMoved = false;

  const onWheel = (event: WheelEvent): void => {
    const { deltaX, deltaY, ctrlKey, metaKey, clientX } = event;
    const isSideways = Math.abs(deltaX) > Math.abs(deltaY);
    if (!isSideways && !ctrlKey && !metaKey && !host.contains(document.activeElement)) {
      gestures.onScrolledOver();
      return;
    }
    event.preventDefault();
    if (isSideways) gestures.onPan(deltaX);
    else gestures.onZoom(Math.exp(Math.max(-300, Math.min(300, deltaY)) * WHEEL_POWER), clientX);
  };
  const onDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    if (pointers.size === 0) hasMoved = false;
    pointers.set(event.pointerId, { x: event.clientX, begin: event.clientX });
    host.setPointerCapture(event.pointerId);
  };
  const onMove = (event: PointerEvent): void => {
    const pointer = pointers.get(event.pointerId);
    if (pointer === undefined) return;
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    const { x: before, begin } = pointer;
    hasMoved ||= Math.abs(event.clientX - begin) > STILL_PIXELS;
    if (!hasMoved) return;
    pointer.x = event.clientX;
    if (other !== undefined) {
      const width = Math.max(10, Math.abs(pointer.x - other.x));
      gestures.onZoom(Math.max(10, Math.abs(before - other.x)) / width, other.x);
    } else gestures.onPan(before - pointer.x);
  };
  const onUp = (event: PointerEvent): void => {
    if (!pointers.delete(event.pointerId) || event.type === 'pointercancel') return;
    if (!hasMoved && pointers.size === 0) gestures.onTap(event.clientX);
  };
  const onDouble = (event: MouseEvent): void => gestures.onZoom(0.5, event.clientX);

  host.addEventListener('wheel', onWheel, { passive: false });
  host.addEventListener('pointerdown', onDown);
  host.addEventListener('pointermove', onMove);
  host.addEventListener('pointerup', onUp);
  host.addEventListener('pointercancel', onUp);
  host.addEventListener('dblclick', onDouble);
  return () => {
    host.removeEventListener('wheel', onWheel);
    host.removeEventListener('pointerdown', onDown);
    host.removeEventListener('pointermove', onMove);
    host.removeEventListener('pointerup', onUp);
    host.removeEventListener('pointercancel', onUp);
    host.removeEventListener('dblclick', onDouble);
  };
}
