/** Who counts as one caller. */
import t from 'tap';
import { networkOf } from '../../engine/network.ts';

t.test('a network of IPv6 is one caller, an address of IPv4 is one', (t) => {
  const one = networkOf('2606:4700:1:2:3:4:5:6');
  t.equal(networkOf('2606:4700:0001:2:ffff::1'), one);
  t.equal(networkOf('2606:4700:1:2:dead:beef:0:0%eth0'), one);
  t.not(networkOf('2606:4700:1:3::1'), one);
  for (const address of ['203.0.113.7', '', 'device/1', '::ffff:zz', ':'])
    t.equal(networkOf(address), address);
  t.not(networkOf('203.0.113.7'), networkOf('203.0.113.8'));
  t.end();
});
