/** A point of sale: somebody signs up at the till, enrols, and pays with the palm. */
import { ProductSimulator } from '../../../bench/services/product.ts';
import { codeFor, wrong } from '../../support/accounts.ts';
import { capture, enrolmentScans, inBody } from '../../support/tenant.ts';
import type { Story } from './stage.ts';

const customer = 201;
const stranger = 202;

export const pointOfSale: Story = {
  who: 'a point of sale',
  async tell(t, stage) {
    const { administrator, api } = await stage.tenant({ consent_required: true });

    t.comment('a linked service that decides, and a till bound to its product');
    const wallet = await ProductSimulator.start({ clock: stage.node.clock });
    t.teardown(() => wallet.close());
    const service = await administrator.call('createLinkedService', {
      body: { product_key: 'wallet', base_url: wallet.url, health_path: '/health' },
    });
    wallet.secret = service.secret;
    const till = await api.call('registerDevice', {
      body: {
        device_name: 'Till 7',
        location: 'Ground floor',
        device_class: 'pos',
        bound_product: 'wallet',
        bound_action: 'pay',
      },
    });
    const scanner = await stage.scanner(till.pairing_code);

    t.comment('somebody signs up with a mobile number and the code that it is sent');
    const mobile = '+966501234567';
    const { challenge_id } = await scanner.rest.call('startSignup', { body: { mobile } });
    const code = await codeFor(stage.node, mobile);
    await t.rejects(scanner.rest.call('verifySignup', { body: { challenge_id, code: wrong(code) } }), {
      code: 'code_invalid',
    });
    const user = await scanner.rest.call('verifySignup', { body: { challenge_id, code } });
    t.match(user, { is_new_user: true, palm_enrolled: false });

    t.comment('nothing is captured before consent is given, at the till as well');
    const palms = enrolmentScans(customer);
    await t.rejects(scanner.socket.enrol(user.user_id, palms), { code: 'consent_required' });
    const consent = await scanner.rest.call('recordConsentAtDevice', {
      body: { user_id: user.user_id, consent_type: 'biometric', version: '2026-01' },
    });
    t.equal(consent.status, 'granted');
    const enrolled = await scanner.socket.enrol(user.user_id, palms);
    t.equal(enrolled.feature_ids.length, 1);
    t.match(await api.call('getUser', { params: { id: user.user_id } }), {
      mobile,
      palm_enrolled: true,
      consent_status: 'granted',
    });

    t.comment('a payment, asked of the service once');
    const payment = {
      scan: inBody(capture(customer)) as never,
      context: { amount: '50.00', currency: 'SAR' },
      idempotency_key: 'till-7-receipt-1',
    };
    const paid = await scanner.rest.call('createTransaction', { body: payment });
    t.match(paid, { decision: 'allow', status: 'completed', product_reference: String });
    t.notMatch(JSON.stringify(paid), user.user_id, 'the till is not told who paid');
    const [entry] = wallet.ledger.values();
    t.match(entry?.question, { user_id: user.user_id, amount: '50.00', currency: 'SAR' });

    t.comment('the same key again is the same answer, and another body under it is refused');
    t.same(await scanner.rest.call('createTransaction', { body: payment }), paid);
    const other = { ...payment, context: { amount: '500.00', currency: 'SAR' } };
    await t.rejects(scanner.rest.call('createTransaction', { body: other }), {
      code: 'idempotency_conflict',
      status: 409,
    });
    t.equal(wallet.questions, 1, 'charged once');

    t.comment('somebody nobody knows');
    const unknown = await scanner.rest.call('createTransaction', {
      body: { scan: inBody(capture(stranger)) as never, idempotency_key: 'till-7-receipt-2' },
    });
    t.equal(unknown.decision, 'not_recognized');

    t.comment('a service that does not answer is a no');
    wallet.behaviour = 'fail';
    const denied = await scanner.rest.call('createTransaction', {
      body: { ...payment, scan: inBody(capture(customer)) as never, idempotency_key: 'till-7-receipt-3' },
    });
    t.equal(denied.decision, 'deny');

    t.comment('consent withdrawn, with the palm: nobody knows them any more');
    await api.call('withdrawConsent', {
      body: { user_id: user.user_id, consent_type: 'biometric', erase: true },
    });
    const gone = await scanner.rest.call('createTransaction', {
      body: { scan: inBody(capture(customer)) as never, idempotency_key: 'till-7-receipt-4' },
    });
    t.equal(gone.decision, 'not_recognized');
  },
};
