import { Buffer } from 'node:buffer';

/*
 * A client may send a command long after its call was over: from a queue of its own, or once more, because the connection broke
 * before the answer. So a script that changes a session looks at the last byte of its last argument, which is the time that an
 * element ends in, or a seal where there is no element. A call that is over breaks the seal, in the very bytes that clients read
 * whenever they send.
 */

/** The code of the refusal. To a call that goes on, it is the answer to another one. */
export const GIVEN_UP = 'GIVENUP';
/** `!`, which ends neither an element nor a seal. */
const BROKEN = 0x21;

/** For a change that appends nothing. */
export function newSeal(): Buffer {
  return Buffer.from('.');
}

/** @param last - the last argument of the script's call, which is over */
export function breakSeal(last: Buffer): void {
  last[last.length - 1] = BROKEN;
}

/** The Lua that refuses a change whose call was over before it was sent. */
export const REFUSE_BROKEN = `
if string.byte(ARGV[#ARGV], -1) == ${BROKEN} then
  return redis.error_reply('${GIVEN_UP} the call of this command was over before it was sent')
end
`;
