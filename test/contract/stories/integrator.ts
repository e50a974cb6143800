/** An integrator: from credentials to a verified palm, told by webhook (document 003, overview). */
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { believable, Receiver } from '../../support/receiver.ts';
import { capture, enrolmentScans, eventually } from '../../support/tenant.ts';
import type { Story } from './stage.ts';

const person = 101;
const stranger = 102;

export const integrator: Story = {
  who: 'an integrator',
  async tell(t, stage) {
    const { client, api, tenantId } = await stage.tenant();

    t.comment('a token, and the keys that verify it');
    const token = await stage.anybody().call('issueToken', {
      body: { grant_type: 'client_credentials', ...client },
    });
    const { keys } = await stage.anybody().call('jwks');
    const keySet = createLocalJWKSet({ keys } as unknown as JSONWebKeySet);
    t.match((await jwtVerify(token.access_token, keySet)).payload, { tenant_id: tenantId });

    t.comment('a webhook');
    const receiver = await Receiver.open();
    const webhook = await api.call('createWebhook', {
      body: {
        name: 'Production Events',
        endpoint: receiver.url,
        events: ['device.paired', 'enrollment.complete', 'verification.complete', 'verification.failed'],
        api_key: 'whsec_your_secret_key_here',
      },
    });

    t.comment('a user, who may be named twice');
    const body = { external_user_id: 'emp-4421', name: 'A. Person' };
    const first = await api.send('createUser', { body });
    const again = await api.send('createUser', { body });
    t.same([first.status, again.status, again.data.user_id], [201, 200, first.data.user_id]);
    const user = first.data;

    t.comment('a device, paired by its code');
    const registered = await api.call('registerDevice', {
      body: { device_name: 'Scanner-04', location: 'Main Entrance' },
    });
    const scanner = await stage.scanner(registered.pairing_code);
    const [paired] = await receiver.until(1, ({ event }) => event.event_type === 'device.paired');
    t.match(paired?.event, {
      tenant_id: tenantId,
      data: { hardware_id: scanner.hardwareId, status: 'paired' },
    });
    t.equal(paired?.headers['x-link-event'], 'device.paired');
    t.equal(paired?.headers['x-api-key'], 'whsec_your_secret_key_here');
    t.ok(paired && believable(paired, webhook.secret, stage.node.clock.now()), 'the signature holds');
    const { data: online } = await api.send('getDevice', { params: { id: registered.device_id } });
    t.match(online, { status: 'paired', online: true, firmware: '1.4.0' });

    t.comment('both palms enrolled');
    const metadata = { employee_id: 'EMP-4421', department: 'Engineering' };
    const enrolment = await api.call('createEnrolmentOfBoth', {
      body: { external_user_id: 'emp-4421', hardware_id: scanner.hardwareId, metadata },
    });
    t.match(enrolment, { type: 'enroll', palm_type: 'both', status: 'pending', metadata });
    const shown = await scanner.shown(enrolment.challenge_id);
    t.equal(shown.palm_type, 'both');
    const enrolled = await scanner.socket.complete(
      enrolment.challenge_id,
      enrolmentScans(person, ['left', 'right']),
    );
    t.equal(enrolled.status, 'completed');
    const [told] = await receiver.until(1, ({ event }) => event.event_type === 'enrollment.complete');
    t.match(told?.event.data, { user_id: user.user_id, palm_type: 'both', metadata });
    t.equal(told?.event.data.feature_ids.length, 2);
    t.match(await api.call('getUser', { params: { id: user.user_id } }), { palm_enrolled: true });

    t.comment('a verification that matches, and one that does not');
    const verify = async (who: number) => {
      const challenge = await api.call('createVerification', {
        body: { external_user_id: 'emp-4421', hardware_id: scanner.hardwareId, metadata: { who } },
      });
      await scanner.shown(challenge.challenge_id);
      const completed = await scanner.socket.complete(challenge.challenge_id, [capture(who)]);
      return { completed, id: challenge.challenge_id };
    };
    const matched = await verify(person);
    t.match(matched.completed, { status: 'completed', matched: true });
    const failed = await verify(stranger);
    t.match(failed.completed, { status: 'failed', matched: false });
    const ofFailed = await receiver.until(2, ({ event }) => event.data.challenge_id === failed.id);
    t.same(
      new Set(ofFailed.map(({ event }) => event.event_type)),
      new Set(['verification.complete', 'verification.failed']),
    );
    const [ofMatched] = await receiver.until(1, ({ event }) => event.data.challenge_id === matched.id);
    t.match(ofMatched?.event, {
      event_type: 'verification.complete',
      data: { matched: true, match_policy: 'all_thresholds', metadata: { who: person } },
    });
    t.equal(ofMatched?.event.data.scores.length, 10);
    t.match(await api.call('getChallenge', { params: { id: matched.id } }), {
      status: 'completed',
      result: { matched: true },
    });

    t.comment('the user leaves, and nothing of the palm is left');
    const erasure = await api.call('deleteUser', { params: { id: user.user_id } });
    await eventually(
      () => api.call('getErasure', { params: { id: erasure.erasure_id } }),
      ({ status }) => status === 'complete',
    );
    await t.rejects(api.call('getUser', { params: { id: user.user_id } }), { code: 'user_not_found' });
  },
};
