/** The states by which CSS sees an element. `undefined` in browsers that have none, or only such as begin with two dashes. */
export function customStates(element: HTMLElement): Set<string> | undefined {
  const internals: Partial<ElementInternals> | undefined = (element as Partial<HTMLElement>).attachInternals?.();
  const states: Set<string> | undefined = internals?.states;
  try {
    states?.add('idle');
    return states;
  } catch (error) {
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}
