/**
 * What this chat sends: `{text, files}`. Values are sent as they are, files included; there is nothing to encode.
 * @typedef {{text: string, files: Blob[]}} Letter
 */

/** Characters. */
const longestText = 10_000;
export const mostFiles = 50;

/**
 * What somebody sent, if it is a letter. Other people may run other code: nothing about `data` is certain.
 * @param {unknown} data
 * @returns {Letter | undefined}
 */
export function readLetter(data) {
  if (typeof data !== 'object' || data === null) return undefined;
  const {text, files} = /** @type {Record<string, unknown>} */ (data);
  if (typeof text !== 'string' || text.length > longestText) return undefined;
  if (!Array.isArray(files) || files.length > mostFiles) return undefined;
  if (!files.every(file => file instanceof Blob)) return undefined;
  return {text, files};
}
