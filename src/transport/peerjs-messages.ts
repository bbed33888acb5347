/** Characters. PeerJS's own connection ids and labels have about 15; ours and other people's ids at a PeerServer up to 64. */
const maxName = 128;

/** Characters. A description with one data channel has under 1,000; many candidates in it may make it a few thousand. */
const maxDescription = 32 * 1024;

/** Characters. Candidates have about 150. */
const maxCandidate = 2048;

/**
 * What PeerServer relays between its clients, checked before PeerJS sees it. Any client may send anything to any id, and
 * PeerJS believes it: an unknown `serialization` or a broken `sdp` is an uncaught exception there.
 * @returns a fresh object with nothing in it but what was checked; or why there is none
 */
export function parseServerMessage(message: unknown) {
  const {type, src, payload} = fields(message);
  switch (type) {
    // What only the server itself says: it never relays these types.
    case 'OPEN':
    case 'ERROR':
    case 'ID-TAKEN':
    case 'INVALID-KEY': {
      const {msg} = fields(payload);
      return {type, payload: {msg: typeof msg === 'string' ? msg : type}};
    }
    // Nobody holds the id `src`, or its socket is broken. `EXPIRE` from oneself is how an endpoint proves that it holds its id.
    case 'EXPIRE':
    case 'LEAVE':
      return isName(src) ? {type, src} : `a ${type} without a sender`;
    case 'OFFER':
    case 'ANSWER':
    case 'CANDIDATE':
      return parseNegotiation(type, src, fields(payload));
    default:
      return 'a message of unknown type';
  }
}

export type ServerMessage = Exclude<ReturnType<typeof parseServerMessage>, string>;

function parseNegotiation(type: 'OFFER' | 'ANSWER' | 'CANDIDATE', src: unknown, payload: Fields) {
  const {connectionId} = payload;
  if (!isName(src) || !isName(connectionId)) return `a ${type} that names no sender or connection`;
  if (type === 'CANDIDATE') {
    const candidate = parseCandidate(fields(payload['candidate']));
    return candidate ? {type, src, payload: {connectionId, candidate}} : 'a CANDIDATE that is none';
  }
  const sdp = parseDescription(type === 'OFFER' ? 'offer' : 'answer', fields(payload['sdp']));
  if (!sdp) return `${type === 'OFFER' ? 'an OFFER' : 'an ANSWER'} without a usable description`;
  if (type === 'ANSWER') return {type, src, payload: {connectionId, sdp}};

  const {type: kind, serialization, reliable} = payload;
  if (kind !== 'data' || serialization !== 'raw' || reliable !== true)
    return 'an OFFER of something else than our channel';
  return {type, src, payload: {connectionId, sdp, type: kind, serialization, reliable}} as const;
}

function parseDescription(type: 'offer' | 'answer', description: Fields) {
  const {type: actual, sdp} = description;
  if (actual !== type || typeof sdp !== 'string' || sdp.length > maxDescription) return undefined;
  // A data channel is an `m=application`. Audio or video in it would be received and decoded for nobody.
  if (/^m=(?!application )/m.test(sdp)) return undefined;
  return {type, sdp};
}

function parseCandidate(fields: Fields): RTCIceCandidateInit | undefined {
  const {candidate, sdpMid, sdpMLineIndex, usernameFragment} = fields;
  if (typeof candidate !== 'string' || candidate.length > maxCandidate) return undefined;
  if (typeof sdpMid !== 'string' && typeof sdpMLineIndex !== 'number') return undefined;
  return {
    candidate,
    sdpMid: typeof sdpMid === 'string' ? sdpMid : null,
    sdpMLineIndex: typeof sdpMLineIndex === 'number' ? sdpMLineIndex : null,
    usernameFragment: typeof usernameFragment === 'string' ? usernameFragment : null,
  };
}

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= maxName;
}
