/**
 * Bytes, texts and base64, each read strictly.
 *
 * Two kinds of bad ends: `Refused` says that what was given is wrong ("no, because …"); `Unknown` says that it could
 * not be checked here. Nothing else is thrown on purpose, and whoever shows a result treats anything else as `Unknown`.
 */

/** What was given is wrong. `reason` is a word of `words.js`, `detail` goes into its sentence. */
export class Refused extends Error {
  constructor(reason, detail = {}) {
    super(reason);
    this.reason = reason;
    this.detail = detail;
  }
}

/** It could not be checked here: something is missing, or this browser cannot do it. */
export class Unknown extends Error {
  constructor(reason, detail = {}) {
    super(reason);
    this.reason = reason;
    this.detail = detail;
  }
}

const encoder = new TextEncoder();

/** UTF-8 bytes of a text. */
export function utf8(text) {
  return encoder.encode(text);
}

/** Text of UTF-8 bytes; refused when they are none. */
export function textOf(bytes, what = "file") {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refused("not-text", { what });
  }
}

/** All parts in one array. */
export function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Whether two arrays hold the same bytes. */
export function same(one, other) {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

/** Hexadecimal, small letters. */
export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Padded base64 in the standard alphabet (RFC 4648 section 4). */
export function toBase64(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/**
 * Bytes of padded base64, or null.
 *
 * @param {string} text
 * @param {boolean} canonical refuse stray last bits, which published signature lines may have
 */
export function fromBase64(text, canonical = true) {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return null;
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return canonical && toBase64(bytes) !== text ? null : bytes;
}

/** A size or index: ASCII digits without leading zeros, exact as a number; else null. */
export function wholeNumber(text) {
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(text)) return null;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : null;
}

/** SHA-256 of joined parts, 32 bytes. */
export async function sha256(...parts) {
  return new Uint8Array(await subtle().digest("SHA-256", joined(...parts)));
}

/** The browser's own cryptography; pages that came without TLS have none. */
export function subtle() {
  const found = globalThis.crypto?.subtle;
  if (!found) throw new Unknown("no-crypto");
  return found;
}
