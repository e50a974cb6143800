/** Mails and texts: each is taken or told to be of no use, none is sent twice without need, none too soon or too late. */
import { post } from '../../../actors/accounts/post.ts';
import { wakeCouriers } from '../../../actors/boot/resume.ts';
import { courierBehaviour } from '../../../actors/courier/behaviour.ts';
import { courierKind } from '../../../actors/courier/protocol.ts';
import { limits } from '../../../engine/limits.ts';
import type { Mailer } from '../../../engine/ports.ts';
import type { Model, Trial } from '../harness.ts';
import type { EngineLife } from '../life.ts';
import { tenantId } from '../rows.ts';

function begin(trial: Trial) {
  const { store, random, clock, world } = trial;
  const posted = new Set<string>();
  /** Nobody can know whether what they did was kept. */
  const uncertain = new Set<string>();
  const taken = new Set<string>();
  let sending = new Set<string>();
  let down = false;

  store.committed = (_before, { writes }) => {
    for (const write of writes) {
      if ('insert' in write && write.insert === 'messages')
        posted.add((write.row as { messageId: string }).messageId);
    }
  };
  store.lost = ({ writes }) => {
    for (const write of writes) {
      const { messageId } = ('where' in write ? write.where : {}) as { messageId?: unknown };
      if (typeof messageId === 'string') uncertain.add(messageId);
    }
  };
  const mailer = {
    async send(_mail: unknown, messageId: string): Promise<void> {
      const row = store.table('messages').find((one) => one.messageId === messageId);
      if (uncertain.has(messageId)) trial.note('sent in doubt');
      else if (row === undefined)
        trial.broken('a message was sent again after it had been taken and its row was gone');
      else if (row.nextAttemptAt > clock.now()) trial.broken('a message was sent before its time');
      else if (row.expiresAt <= clock.now()) trial.broken('a message was sent after its time');
      if (sending.has(messageId)) trial.broken('a message was on its way twice');
      sending.add(messageId);
      if (sending.size > limits.messages_in_flight_max) trial.broken('too many messages were on their way');
      const here = sending;
      await world.sleep(random.fraction() * 200);
      here.delete(messageId);
      if (down || random.chance(0.3)) {
        trial.note('not taken');
        throw new Error('not taken');
      }
      trial.note(taken.has(messageId) ? 'taken again' : 'taken');
      taken.add(messageId);
    },
  } as unknown as Mailer;
  const write = (): void => {
    trial.call(random.pick(['a', 'b']), async ({ context }) => {
      const lifeS = random.pick([10, 300]);
      const mail = { channel: 'email', to: 'a@example.com', subject: 's', text: 't' } as const;
      const { writes, wake } = post(context, tenantId, mail as never, lifeS);
      await context.store.commit({ tenantId, writes });
      wake();
    });
  };
  return {
    outside: { mailer },
    register: (context: EngineLife['context']) => context.directory.register(courierBehaviour(context)),
    start: wakeCouriers,
    upkeep: wakeCouriers,
    actions: [
      [10, write],
      [
        0.2,
        () => {
          for (let one = 12; one > 0; one -= 1) write();
        },
      ],
      [
        1,
        () => {
          down = !down;
        },
      ],
    ] as const,
    actors: () => [[courierKind.name, tenantId]] as const,
    restarted: () => {
      // A restarted courier waits for what is on its way, but not for ever.
      trial.note('operated');
    },
    lifeOver: () => {
      sending = new Set();
    },
    recover: () => {
      down = false;
    },
    atRest: () => store.table('messages').length === 0,
    check: () => {
      const given = store.audit.filter(({ eventType }) => eventType === 'message_not_sent').length;
      const missing = [...posted].filter((messageId) => !taken.has(messageId)).length;
      if (missing > given) trial.broken(`${missing} messages were not taken and ${given} given up`);
      trial.note(given > 0 ? 'given up' : 'none given up');
    },
  };
}

export const courierModel: Model = {
  kind: courierKind.name,
  seeds: 150,
  actions: 18,
  expected: [
    'taken',
    'not taken',
    'taken again',
    'given up',
    'killed',
    'restarted',
    'restart true',
    'unavailable',
  ],
  begin,
};
