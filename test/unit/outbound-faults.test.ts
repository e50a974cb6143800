/** Targets that hang, drip, reset or never end: each attempt ends in its time, and holds up nobody else's. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { limits } from '../../engine/limits.ts';
import { smtpMailer } from '../../engine/outbound/mail.ts';
import { createHttpSender, type HttpSender } from '../../engine/outbound/send.ts';
import { httpSmsSender } from '../../engine/outbound/sms.ts';
import { VirtualClock } from '../support/clock.ts';

type Answer = (socket: Socket) => void;

/** A server that answers as told, by hand, and its connections. */
async function target(t: Test, answer: Answer) {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    answer(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, sockets, endpoint: `http://127.0.0.1:${port}/` };
}

/** Writes these bytes again and again, slowly enough that no time without data is ever long. */
function drip(socket: Socket, bytes: string): void {
  const timer = setInterval(() => socket.write(bytes), 2);
  socket.on('close', () => clearInterval(timer));
}

function sending(t: Test, clock: VirtualClock, allowPrivate = true): HttpSender {
  const sender = createHttpSender({ clock, allowPrivate });
  t.teardown(() => sender.close());
  return sender;
}

const post = (endpoint: string, wantsBody = false) => ({
  endpoint,
  headers: {},
  body: '{}',
  wantsBody,
  timeoutMs: limits.webhook_timeout_ms,
});

/** Sends, lets the whole time pass once the target is at its tricks, and waits until the target was let go. */
async function outcome(t: Test, answer: Answer, options: { wantsBody?: boolean; scheme?: string } = {}) {
  const clock = new VirtualClock();
  const sender = sending(t, clock);
  let begun = (): void => {};
  const reached = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const closed: Promise<unknown>[] = [];
  const { endpoint } = await target(t, (socket) => {
    closed.push(once(socket, 'close'));
    socket.once('data', () => {
      answer(socket);
      setTimeout(begun, 20);
    });
  });
  const reply = sender.send(post(endpoint.replace('http', options.scheme ?? 'http'), options.wantsBody));
  await reached;
  await clock.advance(limits.webhook_timeout_ms);
  const found = await reply;
  await Promise.all(closed);
  return found;
}

const HEAD = 'HTTP/1.1 200 OK\r\n';

t.test('an attempt ends in its time whatever its target does', async (t) => {
  t.same(await outcome(t, () => {}), { error: 'timeout' }, 'silence');
  t.same(await outcome(t, () => {}, { scheme: 'https' }), { error: 'timeout' }, 'no TLS');
  const headers: Answer = (socket) => {
    socket.write(`${HEAD}X-Slow: `);
    drip(socket, 'x');
  };
  t.same(await outcome(t, headers), { error: 'timeout' }, 'headers that drip');
  const body: Answer = (socket) => {
    socket.write(`${HEAD}Content-Length: 1000000\r\n\r\n`);
    drip(socket, 'x');
  };
  t.match(await outcome(t, body), { status: 200 }, 'a body that drips, of which only the status counts');
  t.same(await outcome(t, body, { wantsBody: true }), { error: 'timeout' }, 'one that is wanted');
  const interim: Answer = (socket) => drip(socket, 'HTTP/1.1 102 Processing\r\n\r\n');
  t.same(await outcome(t, interim), { error: 'timeout' }, 'an answer that is always about to come');
});

t.test('a wanted answer without end is given up', async (t) => {
  const sender = sending(t, new VirtualClock());
  const { endpoint } = await target(t, (socket) => {
    socket.write(`${HEAD}\r\n`);
    const flood = (): void => {
      while (!socket.destroyed && socket.write(Buffer.alloc(limits.webhook_response_bytes_max)));
      if (!socket.destroyed) socket.once('drain', flood);
    };
    socket.once('data', flood);
  });
  t.same(await sender.send(post(endpoint, true)), { error: 'too_large' });
});

t.test('a reset is one failure', async (t) => {
  const sender = sending(t, new VirtualClock());
  const { endpoint } = await target(t, (socket) => socket.once('data', () => socket.resetAndDestroy()));
  t.same(await sender.send(post(endpoint)), { error: 'ECONNRESET' });
});

t.test('a redirect is an answer like any other, and goes nowhere', async (t) => {
  const sender = sending(t, new VirtualClock());
  const inner = await target(t, () => t.fail('must not be reached'));
  for (const status of [301, 302, 303, 307, 308]) {
    const { endpoint } = await target(t, (socket) =>
      socket.once('data', () =>
        socket.end(`HTTP/1.1 ${status} Go\r\nLocation: ${inner.endpoint}\r\nContent-Length: 0\r\n\r\n`),
      ),
    );
    t.match(await sender.send(post(endpoint)), { status });
  }
});

t.test('endpoints that hang leave room for one that does not', async (t) => {
  const clock = new VirtualClock();
  const sender = sending(t, clock);
  const hanging = await Promise.all(Array.from({ length: 12 }, () => target(t, () => {})));
  const stuck = hanging.flatMap(({ endpoint }) =>
    Array.from({ length: limits.webhook_in_flight_per_endpoint_max }, () => sender.send(post(endpoint))),
  );
  const { endpoint } = await target(t, (socket) =>
    socket.once('data', () => socket.end(`${HEAD}Content-Length: 0\r\n\r\n`)),
  );
  t.match(await sender.send(post(endpoint)), { status: 200 });
  await clock.advance(limits.webhook_timeout_ms);
  t.same(
    new Set((await Promise.all(stuck)).map((reply) => 'error' in reply && reply.error)),
    new Set(['timeout']),
  );
});

t.test('a provider of text messages that hangs has failed, and is asked again later', async (t) => {
  const clock = new VirtualClock();
  let reached = (): void => {};
  const asked = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const { endpoint } = await target(t, (socket) => socket.once('data', () => reached()));
  const sms = httpSmsSender({ url: endpoint, token: null, sender: sending(t, clock) });
  const sent = sms.send({ to: '+41790000000', text: 'code', provider: null, senderId: null }, 'msg-1');
  const failed = t.rejects(sent, { message: /timeout/ });
  await asked;
  await clock.advance(limits.message_timeout_ms);
  await failed;
});

t.test('so has a mail server that hangs, or drips', async (t) => {
  for (const answer of [
    () => {},
    (socket: Socket) => drip(socket, '220-welcome\r\n'),
    (socket: Socket) => {
      socket.write('220 mail\r\n');
      socket.on('data', () => drip(socket, '250-and\r\n'));
    },
  ] satisfies Answer[]) {
    const closed: Promise<unknown>[] = [];
    const { port } = await target(t, (socket) => {
      closed.push(once(socket, 'close'));
      socket.resume();
      answer(socket);
    });
    const mailer = smtpMailer({
      url: `smtp://127.0.0.1:${port}`,
      from: 'no-reply@thenar.example',
      timeoutMs: 60,
    });
    await t.rejects(mailer.send({ to: 'omar@people.example', subject: 'x', text: 'y' }, 'msg-1'));
    await Promise.all(closed);
  }
});
