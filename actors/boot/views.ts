/** Fills the views that hot paths read, page by page. */

import { completeConfig } from '../../engine/identity/tenant.ts';
import { CertificateView } from '../../engine/pki/certificateView.ts';
import { type Clock, PLATFORM_TENANT, type Store } from '../../engine/ports.ts';
import type { Views } from '../views.ts';

export async function fillViews(store: Store, views: Views): Promise<void> {
  for await (const page of store.scan('tenants', { tenantId: { not: PLATFORM_TENANT } })) {
    for (const tenant of page) {
      views.tenants.set(tenant.tenantId, { ...tenant, config: completeConfig(tenant.config) });
    }
  }
  for await (const page of store.scan('webhooks', {})) {
    for (const webhook of page) {
      views.webhooks.set(webhook.tenantId, [...(views.webhooks.get(webhook.tenantId) ?? []), webhook]);
    }
  }
  for await (const page of store.scan('linkedServices', {})) {
    for (const service of page) views.setLinkedService(service);
  }
  for await (const page of store.scan('identityProviders', {})) {
    for (const provider of page) views.setIdentityProvider(provider);
  }
}

/** Every device certificate that has not run out. */
export async function readCertificates(store: Store, clock: Clock): Promise<CertificateView> {
  const view = new CertificateView();
  for await (const page of store.scan('certificates', { notAfter: { gt: clock.now() } })) {
    for (const certificate of page) view.set(certificate);
  }
  return view;
}
