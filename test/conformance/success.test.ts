/** Every route of every family does its work on a real engine, for every kind of caller that it takes. */
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import t, { type Test } from 'tap';
import { families } from '../../transport/apis/families.ts';
import { isMedia, type Route } from '../../transport/http/route.ts';
import { familyOf, title } from '../support/samples.ts';
import { bodyFor, queryFor } from './engine/bodies.ts';
import { paramsFor } from './engine/fixtures.ts';
import { signedFor } from './engine/signed.ts';
import { callersOf, openWorld, send } from './engine/world.ts';

const world = await openWorld();
const ajv = new Ajv({ strict: false, allErrors: true });
addFormats.default(ajv);

/** What ends the sessions or certificates that others need comes last, in this order. */
const last = [
  'removeIdentityProvider',
  'renewDevice',
  'uploadPlatformCa',
  'regeneratePlatformCa',
  'changeConsolePassword',
];

/**
 * Done for real in files of their own, because their success takes this world away from the others: a server
 * certificate turns its listener to HTTPS (engine-tls),
 * a CA is generated only before the first scanner (engine-ca), and a migration starts from the other palm model
 * (engine-palm-migration). A question to OCSP is bytes, and its answers are read by openssl (engine-certificates).
 */
const elsewhere = [
  'getServerCertificate',
  'uploadServerCertificate',
  'deleteServerCertificate',
  'generatePlatformCa',
  'migratePalmModel',
  'askOcsp',
];
// Link comes after the others: its routes change what the tenant demands of everybody.
const ordered = families
  .toReversed()
  .flatMap(({ routes }) => routes)
  .filter(({ operation }) => !elsewhere.includes(operation))
  .sort((a, b) => last.indexOf(a.operation) - last.indexOf(b.operation));

for (const route of ordered) {
  for (const caller of callersOf(route, world.mine, world)) {
    t.test(`${title(route)} for ${caller.name}`, async (t) => {
      const request = {
        ...(await caller.request()),
        params: await paramsFor(route, world.mine),
        query: await queryFor(route, world.mine),
        body: await bodyFor(route, world.mine),
        ...(await signedFor(route, world.mine)),
      };
      const reply = await send(world.node, route, request);
      t.equal(reply.status, route.status, JSON.stringify(reply.json));
      t.match(reply.headers.get('x-request-id'), /^[0-9a-f-]{36}$/);
      checkShape(t, route, reply.json);
    });
  }
}

function checkShape(t: Test, route: Route, json: unknown): void {
  if (isMedia(route.reply)) return;
  const schema = familyOf(route).replySchema(route, route.reply.json);
  t.ok(ajv.validate(schema, json), 'as published', { errors: ajv.errors, json });
}
