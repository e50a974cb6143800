/** Every API family that the engine serves. The first answers paths that none of them claims. */
import type { Facade } from '../http/facade.ts';
import { link } from './link/facade.ts';
import { wallet } from './wallet/facade.ts';

export const families: readonly Facade[] = [link, wallet];
