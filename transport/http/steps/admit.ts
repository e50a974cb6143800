import { overloaded } from '../../../engine/admission/overloaded.ts';
import type { Eventually } from '../../../engine/eventually.ts';
import { networkOf } from '../../../engine/network.ts';
import { type Exchange, routeOf } from '../exchange.ts';

/**
 * Lets the request in, lets it wait, or refuses it before its body is read, when the engine has as much under way as
 * it can do in good time; {@link leave} ends it. What is answered from memory costs no more than its refusal would, so
 * routes that were answered at once the last time are asked right away.
 * @throws ThenarError engine_busy
 */
export function admit(exchange: Exchange): Eventually<void> {
  const { admission } = exchange.listener;
  if (admission === undefined || routeOf(exchange).answers.atOnce) return;
  const name = exchange.tenantId ?? networkOf(exchange.request.address);
  let settle = (_letIn: boolean): void => {};
  switch (admission.enter(name, (letIn) => settle(letIn))) {
    case 'in':
      exchange.admittedAs = name;
      return;
    case 'waits':
      return new Promise((resolve, reject) => {
        settle = (letIn) => {
          if (!letIn) return reject(overloaded);
          // Its time ran out while it waited, and it has its answer.
          if (exchange.reply !== null) admission.leave(name);
          else exchange.admittedAs = name;
          resolve();
        };
      });
    default:
      throw overloaded;
  }
}

/** The request has its reply; one that streams costs nothing more. */
export function leave({ listener, admittedAs }: Exchange): void {
  if (admittedAs !== null) listener.admission?.leave(admittedAs);
}
