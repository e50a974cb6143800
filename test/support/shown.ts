/**
 * Everything that the ops listener shows of a running engine, but for the outbox, which is there to be read; with all
 * kinds of actors that the engine has, and those of which some were looked into.
 */
export async function shownToOperators(
  opsUrl: string,
): Promise<{ readonly kinds: Set<string>; readonly alive: Set<string>; readonly text: string }> {
  const ask = async (path: string): Promise<string> => (await fetch(new URL(path, opsUrl))).text();
  const listed = await ask('/actors?limit=1000');
  const { actors } = JSON.parse(listed) as { readonly actors: readonly { kind: string; address: string }[] };
  const paths = ['/actors/dead-letters', '/shards', '/connections', '/metrics', '/readyz', '/start'];
  for (const { address } of actors) paths.push(`/actors/${encodeURIComponent(address)}`);
  const texts = [listed];
  for (const path of paths) texts.push(await ask(path));
  const leaving = new AbortController();
  const stream = await fetch(new URL('/actors/stream?limit=1000', opsUrl), {
    signal: leaving.signal,
  });
  for await (const chunk of stream.body!) {
    texts.push(Buffer.from(chunk).toString());
    if (texts.at(-1)!.includes('event: picture')) break;
  }
  leaving.abort();
  const text = texts.join('\n');
  // The engine's own table: its metrics count actors of each kind, those of which there are none too.
  const kinds = new Set(
    [...text.matchAll(/^thenar_actors\{kind="([^"]+)"\}/gm)].map(([, kind = '']) => kind),
  );
  return { kinds, alive: new Set(actors.map(({ kind }) => kind)), text };
}
