import type {Connection, EndpointListener} from '../../src/transport/transport.js';

/** Who is told of calls, and wants to hear of those that come about. */
export function opened(connection: (connection: Connection) => unknown): EndpointListener['call'] {
  return (_from, call) => {
    call.then(connection, () => {});
  };
}
