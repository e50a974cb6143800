/** Passwords that are refused, refresh tokens and codes as text, and mail as a server receives it. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import t from 'tap';
import { codeMail } from '../../engine/accounts/messages.ts';
import { passwordFault } from '../../engine/accounts/password_rules.ts';
import { newRefreshToken, readRefreshToken } from '../../engine/accounts/refresh_token.ts';
import { smtpMailer } from '../../engine/outbound/mail.ts';
import { hashCode, newOneTimeCode } from '../../engine/secrets/codes.ts';
import { systemRandom } from '../../engine/system.ts';

t.test('passwords that anybody would try', (t) => {
  const owner = { email: 'omar.k@people.example', names: ['Blue Harbour Bank'] };
  const fault = (password: string) => passwordFault(password, owner);
  t.equal(fault('sh0rt'), 'too_short');
  t.equal(fault('x'.repeat(1_025)), 'too_long');
  for (const common of [
    'Password123',
    'qwertyuiop',
    '12345678',
    '1234567890',
    '87654321',
    'aaaaaaaa',
    '--------',
  ])
    t.equal(fault(common), 'common', common);
  for (const own of ['omar.k@people.example', 'OMAR.K@PEOPLE.EXAMPLE1', 'omar-k-2024', 'Omark1990'])
    t.equal(fault(own), 'contains_email', own);
  t.equal(fault('BlueHarbourBank!'), 'contains_name');
  t.equal(fault('blue harbour bank 24'), 'contains_name');
  for (const good of ['plum-Harbour-42-lantern', 'correct horse battery staple', 'مرحبا يا عالم'])
    t.equal(fault(good), null, good);
  t.end();
});

t.test('refresh tokens and codes', (t) => {
  const sessionId = systemRandom.uuid();
  const ours = systemRandom.bytes(32);
  const token = newRefreshToken(sessionId, ours, systemRandom);
  t.same(readRefreshToken(token.text, ours), { sessionId, hash: token.hash, ours: true });
  const forged = `rt_${sessionId}.${'A'.repeat(43)}`;
  t.match(readRefreshToken(forged, ours), { sessionId, ours: false });
  t.match(
    readRefreshToken(
      token.text.replace(/^rt_./, (start) => (start === 'rt_0' ? 'rt_1' : 'rt_0')),
      ours,
    ),
    { ours: false },
  );
  for (const broken of ['', 'rt_x.y', `${token.text}x`, token.text.slice(1), `rt_${sessionId}.`])
    t.equal(readRefreshToken(broken, ours), null, broken);
  for (let made = 0; made < 1_000; made += 1) {
    if (!/^\d{6}$/.test(newOneTimeCode(systemRandom))) t.fail('not six digits');
  }
  const key = systemRandom.bytes(32);
  t.notSame(hashCode(key, 'a', '123456'), hashCode(key, 'b', '123456'), 'equal codes do not show');
  t.notSame(hashCode(key, 'a', '123456'), hashCode(systemRandom.bytes(32), 'a', '123456'));
  t.end();
});

t.test('a mail over SMTP, in which a name adds no header', async (t) => {
  const lines: string[] = [];
  const server = createServer((socket) => {
    let inData = false;
    socket.write('220 test\r\n');
    socket.on('data', (data) => {
      for (const line of data.toString().split('\r\n').slice(0, -1)) {
        lines.push(line);
        if (inData) {
          if (line === '.') {
            inData = false;
            socket.write('250 taken\r\n');
          }
        } else if (line === 'DATA') {
          inData = true;
          socket.write('354 go on\r\n');
        } else socket.write(line === 'QUIT' ? '221 bye\r\n' : '250 ok\r\n');
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const mailer = smtpMailer({ url: `smtp://127.0.0.1:${port}`, from: 'Thenar <no-reply@thenar.example>' });
  const mail = codeMail('Acme\r\nBcc: everybody@example.com', '123456', 5);
  await mailer.send({ to: 'amal@people.example', ...mail }, 'message-1');
  t.ok(lines.includes('MAIL FROM:<no-reply@thenar.example>'), lines.join('\n'));
  t.ok(lines.includes('RCPT TO:<amal@people.example>'));
  t.equal(lines.filter((line) => line.startsWith('RCPT')).length, 1);
  t.notOk(lines.some((line) => line.startsWith('Bcc:')));
  t.ok(lines.includes('Message-ID: <message-1@thenar.example>'));
  t.match(lines.join('\n'), /123456 is your code/);
  server.close();
  await t.rejects(mailer.send({ to: 'amal@people.example', ...mail }, 'message-2'));
});
