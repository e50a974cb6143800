/** Of many rows of one height only those in sight are drawn, and a few more on either side. */
import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** Pixels; the style sheet says the same (`--row`). */
export const ROW_PX = 34;
/** Rows beyond either edge, so that scrolling finds them there. */
const BEYOND = 12;

export interface Window {
  readonly from: number;
  /** Not included. */
  readonly to: number;
  /** Scrolls as little as it takes to have the row in sight. */
  readonly show: (row: number) => void;
}

export function useWindow(scroller: RefObject<HTMLElement | null>, count: number): Window {
  const [seen, setSeen] = useState({ top: 0, height: 800 });
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const look = (): void => {
      // Whole rows: a pixel of scrolling draws nothing.
      const top = Math.floor(element.scrollTop / ROW_PX) * ROW_PX;
      const { clientHeight: height } = element;
      setSeen((before) => (before.top === top && before.height === height ? before : { top, height }));
    };
    look();
    element.addEventListener('scroll', look, { passive: true });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => {
      element.removeEventListener('scroll', look);
      observer.disconnect();
    };
  }, [scroller]);
  // A list that has become shorter has been scrolled back by the browser, or will be in a moment.
  const first = Math.min(Math.floor(seen.top / ROW_PX), Math.max(0, count - 1));
  return {
    from: Math.max(0, first - BEYOND),
    to: Math.min(count, first + Math.ceil(seen.height / ROW_PX) + BEYOND),
    show(row) {
      const element = scroller.current;
      if (element === null) return;
      // One row is the heading, which stays.
      const [top, bottom] = [row * ROW_PX, (row + 2) * ROW_PX];
      if (top < element.scrollTop) element.scrollTop = top;
      else if (bottom > element.scrollTop + element.clientHeight)
        element.scrollTop = bottom - element.clientHeight;
    },
  };
}
