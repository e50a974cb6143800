/** Server-sent events, read by hand: `EventSource` sends no header of ours. The line is opened again when it is lost. */

export interface Line {
  /** Opens it. Null: it is not to be opened, and whoever follows hears of it otherwise. */
  readonly open: (signal: AbortSignal) => Promise<Response | null>;
  /** One event, with its data as it came. */
  readonly take: (event: string, data: string) => void;
  /** What is on screen is told of nothing any more, until the next event. */
  readonly lost: () => void;
}

/** A little longer each time, so that a thousand pages do not come back in the same moment. */
const RETRY_MS = [500, 1_000, 2_000, 5_000, 10_000, 20_000] as const;
/** Three signs of life that did not come. */
const SILENCE_MS = 45_000;

/** Follows until the returned function is called. */
export function follow(line: Line): () => void {
  const leaving = new AbortController();
  let attempt = 0;
  const turn = async (): Promise<void> => {
    try {
      const closed = await listen(line, leaving.signal, () => {
        attempt = 0;
      });
      if (closed === 'for good') return line.lost();
    } catch {
      // Whatever cut the line: it is opened again, below.
    }
    if (leaving.signal.aborted) return;
    line.lost();
    const wait = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] ?? 0;
    attempt += 1;
    setTimeout(() => void turn(), wait * (0.75 + Math.random() / 2));
  };
  void turn();
  return () => {
    leaving.abort();
    line.lost();
  };
}

async function listen(line: Line, leaving: AbortSignal, heard: () => void): Promise<'for good' | 'lost'> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const response = await line.open(AbortSignal.any([leaving, silence.signal]));
    if (response === null) return 'for good';
    if (!response.ok || response.body === null) throw new Error(String(response.status));
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return 'lost';
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      const events = (text + value).split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        if (leaving.aborted) return 'lost';
        heard();
        take(line, event);
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

/** @param event lines of one event, as the specification of server-sent events has them */
function take(line: Line, event: string): void {
  const lines = event.split('\n');
  const field = (name: string): string =>
    lines.find((each) => each.startsWith(`${name}: `))?.slice(name.length + 2) ?? '';
  line.take(field('event'), field('data'));
}
