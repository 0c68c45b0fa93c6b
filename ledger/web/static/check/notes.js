/**
 * Signed notes and checkpoints: what a log says of itself, and who signed it.
 *
 * Source: c2sp.org/signed-note, c2sp.org/tlog-checkpoint, c2sp.org/tlog-cosignature.
 */

import { Refused, Unknown, fromBase64, joined, same, sha256, subtle, textOf, utf8, wholeNumber } from "./bytes.js";

const NOTE_BYTES_MAX = 1_000_000;
const SIGNATURES_MAX = 100;
const ED25519 = 1;
const COSIGNATURE = 4;

/**
 * Read a verifier key: `<name>+<key id, 8 hex digits>+<base64 of type and key>`.
 *
 * @returns {Promise<{name: string, id: Uint8Array, type: number, key: Uint8Array, text: string}>}
 */
export async function readKey(text) {
  const [, name, id, material] = /^([^+\s]+)\+([0-9a-f]{8})\+(.+)$/u.exec(text) ?? [];
  const bytes = material === undefined ? null : fromBase64(material);
  if (!bytes || bytes.length !== 33 || ![ED25519, COSIGNATURE].includes(bytes[0])) throw new Refused("key");
  const digest = (await sha256(utf8(`${name}\n`), bytes)).slice(0, 4);
  if (!same(digest, Uint8Array.from(id.match(/../g), (pair) => parseInt(pair, 16)))) throw new Refused("key");
  return { name, id: digest, type: bytes[0], key: bytes.slice(1), text };
}

/** Read many keys, one a line; lines of types that we do not know are passed over. */
export async function readKeys(text) {
  const keys = [];
  for (const line of text.split("\n").filter(Boolean)) {
    try {
      keys.push(await readKey(line));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
  }
  return keys;
}

/** Split a note into its text and signature lines, believing none of it. */
export function splitNote(note) {
  if (note.length > NOTE_BYTES_MAX) throw new Refused("note");
  const whole = textOf(note, "note");
  if (/[\u0000-\u0009\u000b-\u001f]/.test(whole)) throw new Refused("note");
  const end = whole.lastIndexOf("\n\n");
  if (end < 0 || !whole.endsWith("\n") || end + 2 >= whole.length) throw new Refused("note");
  const lines = whole.slice(end + 2, -1).split("\n");
  if (lines.length > SIGNATURES_MAX) throw new Refused("note");
  return { text: whole.slice(0, end + 1), signatures: lines.map(signatureLine) };
}

function signatureLine(line) {
  const [, name, blob] = /^\u2014 ([^+\s]+) (\S+)$/u.exec(line) ?? [];
  const bytes = blob === undefined ? null : fromBase64(blob, false);
  if (!bytes || bytes.length < 5) throw new Refused("note");
  return { name, id: bytes.slice(0, 4), signature: bytes.slice(4) };
}

/** Read the text of a checkpoint: the log's name, how many entries it has, and their root. */
export function readCheckpoint(text) {
  const lines = text.split("\n");
  if (lines.length < 4 || lines.pop() !== "" || !lines.every(Boolean)) throw new Refused("checkpoint");
  const [origin, sizeText, rootText] = lines;
  const size = wholeNumber(sizeText);
  const root = fromBase64(rootText);
  if (size === null || !root || root.length !== 32) throw new Refused("checkpoint");
  return { origin, size, root };
}

/**
 * Open a checkpoint: hold that the log signed it, and tell which witnesses did.
 *
 * @param {Uint8Array} note
 * @param {string} origin the log that it must be of
 * @param {object[]} keys of the log, from `readKeys`
 * @param {object[]} witnesses keys of witnesses that are known
 * @returns {Promise<{origin: string, size: number, root: Uint8Array, note: Uint8Array, witnesses: {name: string, seconds: number}[]}>}
 */
export async function openCheckpoint(note, origin, keys, witnesses = []) {
  const { text, signatures } = splitNote(note);
  const checkpoint = readCheckpoint(text);
  if (checkpoint.origin !== origin) throw new Refused("other-log", { found: checkpoint.origin, expected: origin });
  const mine = keys.filter((key) => key.name === origin && key.type === ED25519);
  let signed = 0;
  const seen = new Map();
  for (const line of signatures) {
    const fits = (key) => key.name === line.name && same(key.id, line.id);
    const key = mine.find(fits);
    if (key) {
      if (!(await isSigned(key.key, line.signature, utf8(text)))) throw new Refused("signature");
      signed += 1;
    }
    const witness = witnesses.find(fits);
    if (witness) {
      const seconds = await cosigned(witness, line.signature, text);
      if (seconds === null) throw new Refused("signature");
      if (!seen.has(witness.name)) seen.set(witness.name, seconds);
    }
  }
  if (!signed) throw new Refused("not-signed");
  return { ...checkpoint, note, witnesses: Array.from(seen, ([name, seconds]) => ({ name, seconds })) };
}

/** The time of a witness's signature in seconds since 1970, or null when it is not theirs. */
async function cosigned(witness, blob, text) {
  if (witness.type !== COSIGNATURE || blob.length !== 72) return null;
  const seconds = new DataView(blob.buffer, blob.byteOffset).getBigUint64(0);
  const message = utf8(`cosignature/v1\ntime ${seconds}\n${text}`);
  return (await isSigned(witness.key, blob.slice(8), message)) ? Number(seconds) : null;
}

async function isSigned(key, signature, message) {
  if (signature.length !== 64) return false;
  let imported;
  try {
    imported = await subtle().importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  } catch (error) {
    if (error instanceof Unknown) throw error;
    throw new Unknown("no-ed25519");
  }
  return subtle().verify({ name: "Ed25519" }, imported, joined(signature), joined(message));
}
