/** The load generator in a process of its own: takes orders one at a time, answers each with what came of it. */
import { servePeer } from '../harness/peer.ts';
import { fire, type Order } from '../load/volley.ts';

servePeer(async () => {
  process.on('message', (order) => {
    fire(order as Order).then(
      (volley) => process.send?.({ volley }),
      (error: unknown) => process.send?.({ failure: String(error) }),
    );
  });
  return { ready: true };
});
