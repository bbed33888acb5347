/**
 * Runs `callback` when the current task is over, with all its microtasks. Not by a timer: those of a hidden page come
 * up to a minute late.
 */
export function afterTask(callback: () => void): void {
  const {port1, port2} = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    callback();
  };
  port2.postMessage(undefined);
}
