/** `thenar product`: a simulated product backend to register as a linked service. */
import { once } from 'node:events';
import { ThenarError } from '../../engine/errors.ts';
import { type ProductBehaviour, ProductSimulator, productBehaviours } from './product.ts';

export interface ProductOptions {
  readonly port: string;
  readonly secret: string;
  readonly behaviour: string;
}

/** Serves until the process is told to end. @throws ThenarError for options that make no sense */
export async function runProductCommand(options: ProductOptions): Promise<void> {
  const behaviour = productBehaviours.find((name) => name === options.behaviour);
  if (behaviour === undefined || behaviour === 'hold') {
    const choices = productBehaviours.filter((name) => name !== 'hold').join(', ');
    const message = `--behaviour must be one of ${choices}, not ${options.behaviour}.`;
    throw new ThenarError('validation_failed', message);
  }
  const port = Number(options.port);
  if (!/^\d+$/.test(options.port) || port > 65_535)
    throw new ThenarError('validation_failed', '--port must be a port from 0 to 65535.');
  const product = await ProductSimulator.start({ port });
  product.secret = options.secret;
  product.behaviour = behaviour satisfies ProductBehaviour;
  process.stdout.write(`simulated product at ${product.url}, POST /authorize and GET /health\n`);
  const report = setInterval(() => {
    const { questions, checks, forged, ledger } = product;
    process.stdout.write(
      `${questions} questions, ${ledger.size} charged, ${forged} forged, ${checks} checks\n`,
    );
  }, 10_000);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  clearInterval(report);
  product.close();
}
