import { mockProvider } from '../../engine/kyc/mock.ts';
import { nafathProvider } from '../../engine/kyc/nafath.ts';
import type { KycProvider } from '../../engine/kyc/provider.ts';
import type { Ports } from '../context.ts';

/** The providers that this deployment is configured for, by name. */
export function kycProviders({ config, operatorSender }: Ports): ReadonlyMap<string, KycProvider> {
  const { mock, mockSecret, nafath } = config.kyc;
  const providers: KycProvider[] = [
    ...(mock ? [mockProvider(mockSecret)] : []),
    ...(nafath === null ? [] : [nafathProvider(nafath, operatorSender)]),
  ];
  return new Map(providers.map((provider) => [provider.name, provider]));
}
