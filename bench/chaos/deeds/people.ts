/** People: suspended and back, recognised at a gate, and erased. */
import { ApiError } from '../../../transport/client/error.ts';
import type { Doing } from '../deeds.ts';
import type { Desk } from '../desk.ts';

export const standing: Doing = {
  to: (person) => person.isEnrolled,
  async run(desk, person) {
    if (person === null) return;
    const params = { id: person.userId };
    const to = person.suspended ? 'active' : 'suspended';
    await desk.once(
      async () => {
        await desk.console.call(to === 'active' ? 'reactivateUser' : 'suspendUser', { params, body: {} });
        return true;
      },
      async () => ((await desk.integrator.link.call('getUser', { params })).status === to ? true : null),
    );
    person.suspended = to === 'suspended';
    if (person.suspended) person.counts.suspended += 1;
    else person.counts.reactivated += 1;
    desk.ledger.acknowledge(person.suspended ? 'suspensions' : 'reactivations');
  },
};

export const visit: Doing = {
  to: (person) => person.isKnown,
  async run(desk, person) {
    if (person === null) return;
    const key = desk.newKey();
    const decision = await desk.visit(person, 'right', key);
    if (decision !== 'allow') desk.ledger.finding(`${person.externalId}: enrolled and not recognised`);
    else person.counts.visits += 1;
    person.lastVisit = { key, decision };
    desk.ledger.acknowledge('transactions');
  },
};

export const erase: Doing = {
  to: (person) => person.isEnrolled,
  async run(desk, person) {
    if (person === null) return;
    const params = { id: person.userId };
    const receipt = await desk.once(
      async () => (await desk.integrator.link.call('deleteUser', { params })).erasure_id,
      async () => ((await isGone(desk, person.userId)) ? '' : null),
    );
    if (receipt !== '') desk.ledger.receipts.push(receipt);
    person.deleted = true;
    desk.ledger.acknowledge('deletions');
  },
};

/** Whether the engine no longer knows this user. */
export async function isGone({ integrator }: Desk, userId: string): Promise<boolean> {
  try {
    const { status } = await integrator.link.call('getUser', { params: { id: userId } });
    return status === 'deleted';
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return true;
    throw error;
  }
}
