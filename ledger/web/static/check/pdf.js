/**
 * The files inside a PDF, read with as little of the format as that takes: file specifications and their streams as
 * they stand, without cross-reference tables. A file that hides them (in object streams, encrypted) has none here.
 *
 * Source: ISO 32000-1, 7.11.4 (embedded file streams), 7.3.8 (streams), 7.4.4 (FlateDecode).
 */

import { Refused, Unknown } from "./bytes.js";

const ATTACHMENT_BYTES_MAX = 32_000_000;
const ATTACHMENTS_MAX = 200;

/**
 * Read the embedded files.
 *
 * @param {Uint8Array} file
 * @returns {Promise<Map<string, Uint8Array>>} by name
 */
export async function attachmentsOf(file) {
  // One character a byte, so that places in the text are places in the file.
  const text = new TextDecoder("latin1").decode(file);
  if (/\/Encrypt\s+\d+ 0 R/.test(text)) throw new Unknown("encrypted");
  const found = new Map();
  for (const [name, object] of specifications(text)) {
    if (found.size >= ATTACHMENTS_MAX) throw new Refused("too-large");
    const stream = streamOf(text, file, object);
    if (stream) found.set(name, stream.isDeflated ? await inflated(stream.bytes) : stream.bytes);
  }
  if (!found.size) throw new Unknown("no-attachments");
  return found;
}

/** Name and object number of each file specification; a later one of the same name stands for the earlier. */
function specifications(text) {
  const found = new Map();
  const pattern = /\/EF\s*<<[^<>]*?\/U?F\s+(\d+)\s+0\s+R[^<>]*?>>/g;
  for (const match of text.matchAll(pattern)) {
    const from = text.lastIndexOf(" obj", match.index);
    const around = text.slice(Math.max(0, from), match.index + 2000).split("endobj")[0];
    const named = /\/UF\s*\(([\w.-]{1,80})\)/.exec(around) ?? /\/F\s*\(([\w.-]{1,80})\)/.exec(around);
    if (named) found.set(named[1], Number(match[1]));
  }
  return found;
}

/** The bytes of an object's stream: of its last definition, as an update replaces an earlier one. */
function streamOf(text, file, object) {
  const starts = Array.from(text.matchAll(new RegExp(`(?:^|[\\r\\n])${object} 0 obj\\b`, "g")), (match) => match.index);
  if (!starts.length) return null;
  const head = /^[\s\S]{0,4000}?>>\s*stream\r?\n/.exec(text.slice(starts.at(-1), starts.at(-1) + 5000));
  if (!head || !/\/EmbeddedFile/.test(head[0])) return null;
  const length = Number(/\/Length\s+(\d+)(?!\s+\d+\s+R)/.exec(head[0])?.[1] ?? NaN);
  const from = starts.at(-1) + head[0].length;
  if (!(length >= 0) || from + length > file.length) return null;
  return { bytes: file.slice(from, from + length), isDeflated: /\/FlateDecode/.test(head[0]) };
}

/** Unpack, and stop where it grows too large. */
async function inflated(bytes) {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  const parts = [];
  let size = 0;
  for (;;) {
    let part;
    try {
      part = await reader.read();
    } catch {
      throw new Refused("attachment", { name: "" });
    }
    if (part.done) break;
    size += part.value.length;
    if (size > ATTACHMENT_BYTES_MAX) {
      await reader.cancel();
      throw new Refused("too-large");
    }
    parts.push(part.value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
