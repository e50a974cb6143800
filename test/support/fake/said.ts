/** How a part of the fake engine records its calls: a name, and the answer. */
export type Said = <A extends readonly unknown[], R>(
  name: string,
  answer: (...args: A) => R,
) => (...args: A) => Promise<R>;
