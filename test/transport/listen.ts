import type {PeerGroupError} from '../../src/errors.js';
import type {Connection} from '../../src/transport/transport.js';

export interface Listener {
  readonly message?: (message: Uint8Array<ArrayBuffer>) => void;
  readonly drained?: () => void;
  readonly closed?: (error: PeerGroupError) => void;
}

/** Tells of all that comes through a connection. */
export function listen(
  connection: Pick<Connection, 'inbox' | 'ondrained'>,
  {message, drained, closed}: Listener,
): void {
  connection.ondrained = drained;
  connection.inbox.each(
    data => void message?.(data),
    error => closed?.(error),
  );
}
