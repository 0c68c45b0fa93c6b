/**
 * A giver's receipt: the proof file that stands alone, and what opens the entry's commitments.
 *
 * Source: c2sp.org/tlog-proof, "Format"; RFC 2104 for the commitments (docs/entries.md, "Private parts").
 */

import { Refused, fromBase64, joined, sha256, subtle, textOf, toBase64, utf8, wholeNumber } from "./bytes.js";
import { PROOF_HASHES_MAX, leafHash } from "./tree.js";

const HEADER = "c2sp.org/tlog-proof@v1";
export const RECEIPT_BYTES_MAX = 1_300_000;
const ENTRY_BYTES_MAX = 65_535;
const LABELS = ["donor", "name", "delivery", "message"];
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/**
 * Read a proof file, believing none of it.
 *
 * @param {Uint8Array} data
 * @returns {{index: number, proof: Uint8Array[], note: Uint8Array, entry: Uint8Array | null}}
 */
export function readProof(data) {
  if (data.length > RECEIPT_BYTES_MAX) throw new Refused("too-large");
  const whole = textOf(data, "receipt");
  const end = whole.indexOf("\n\n");
  const lines = whole.slice(0, Math.max(end, 0)).split("\n");
  if (end < 0 || lines.shift() !== HEADER) throw new Refused("not-a-receipt");
  let entry = null;
  if (lines[0]?.startsWith("extra ")) {
    entry = fromBase64(lines.shift().slice("extra ".length));
    if (!entry || entry.length > ENTRY_BYTES_MAX) throw new Refused("receipt-malformed");
  }
  const [, indexText] = /^index (.+)$/.exec(lines.shift() ?? "") ?? [];
  const index = indexText === undefined ? null : wholeNumber(indexText);
  const proof = lines.map((line) => fromBase64(line));
  if (index === null || proof.length > PROOF_HASHES_MAX || proof.some((hash) => hash?.length !== 32)) {
    throw new Refused("receipt-malformed");
  }
  return { index, proof, note: utf8(whole.slice(end + 2)), entry };
}

/**
 * Read an entry from its exact bytes and hold that it is one of this log, at this place, with postings that sum to zero.
 *
 * @param {Uint8Array} bytes
 * @param {string} fund the log's fund
 * @param {number} seq where it must stand
 */
export function readEntry(bytes, fund, seq) {
  let entry;
  try {
    entry = JSON.parse(textOf(bytes, "entry"));
  } catch {
    throw new Refused("entry");
  }
  if (entry?.fund !== fund || entry.seq !== seq || typeof entry.kind !== "string" || typeof entry.body !== "object") {
    throw new Refused("entry");
  }
  const sums = new Map();
  for (const { amount, commodity } of Array.isArray(entry.postings) ? entry.postings : []) {
    if (!Number.isSafeInteger(amount)) throw new Refused("entry");
    sums.set(commodity, (sums.get(commodity) ?? 0) + amount);
  }
  if (Array.from(sums.values()).some((sum) => sum !== 0)) throw new Refused("unbalanced", { entry: seq });
  return entry;
}

/** The receipt number of an entry: its place, and the first 20 bits of its leaf hash, in Crockford's base32. */
export async function receiptNumber(seq, bytes) {
  const leaf = await leafHash(bytes);
  const check = (leaf[0] << 12) | (leaf[1] << 4) | (leaf[2] >> 4);
  let value = (BigInt(seq) << 20n) | BigInt(check);
  let text = "";
  for (let at = 0; at < 12; at += 1) {
    text = ALPHABET[Number(value & 31n)] + text;
    value >>= 5n;
  }
  return text;
}

/**
 * Open the commitments of a gift's entry with what its giver holds.
 *
 * @param {object} body of the entry
 * @param {Record<string, {salt: string, value: string}>} opening by label
 * @returns {Promise<string[]>} the labels that were opened; refuses where one does not open
 */
export async function openCommitments(body, opening) {
  const opened = [];
  for (const label of LABELS.filter((one) => Object.hasOwn(opening ?? {}, one))) {
    const { salt, value } = opening[label] ?? {};
    const key = typeof salt === "string" ? fromBase64(salt) : null;
    if (key?.length !== 32 || typeof value !== "string") throw new Refused("receipt-malformed");
    const made = await commitment(key, label, utf8(value));
    if (made !== body[label]) throw new Refused("commitment", { label });
    opened.push(label);
  }
  return opened;
}

async function commitment(salt, label, value) {
  const key = await subtle().importKey("raw", salt, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, value.length);
  const message = joined(utf8(`mingzhang/${label}/v1\0`), length, value);
  return toBase64(new Uint8Array(await subtle().sign("HMAC", key, message)));
}

/** First bytes of a digest, for people to compare. */
export async function digestOf(bytes) {
  return sha256(bytes);
}
