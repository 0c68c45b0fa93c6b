/**
 * A statement as a file: is it, to the byte, the one whose digest is in the log?
 *
 * The log is asked for the entry that published it, and the entry is proven like any other: a list that the server makes
 * up leads nowhere.
 */

import { Refused, hex, sha256 } from "./bytes.js";
import { checkGrows, checkSameBook, outcomeOf } from "./gift.js";
import { readEntry } from "./receipt.js";

export const STATEMENT_BYTES_MAX = 64_000_000;

/**
 * Check a statement's bytes.
 *
 * @param {Uint8Array} file
 * @param {import("./book.js").Book} book of the fund whose statement it says it is
 * @param {{number: string, language: string, sha256: string, entry: number}[]} published as the site lists them
 * @param {string} [number] of the statement that it claims to be, where its text says so
 */
export async function checkStatement(file, book, published, number = "") {
  let found = null;
  const statement = await outcomeOf("statement", async () => {
    if (file.length > STATEMENT_BYTES_MAX) throw new Refused("too-large");
    const digest = hex(await sha256(file));
    found = published.find((one) => one.sha256 === digest) ?? null;
    if (!found) {
      const claimed = published.find((one) => one.number === number);
      if (claimed) throw new Refused("digest", { published: short(claimed.sha256), found: short(digest) });
      throw new Refused("not-published", {});
    }
    const entry = readEntry(await book.entry(found.entry), book.fund, found.entry);
    if (entry.kind !== "statement.published" || entry.body.sha256 !== digest || entry.body.bytes !== file.length) {
      throw new Refused("digest", { published: short(String(entry.body.sha256)), found: short(digest) });
    }
    return { digest: short(digest), entry: found.entry };
  });
  return { checks: [statement, await checkGrows(book), await checkSameBook(book)], found };
}

/** Whether bytes begin as a PDF file does. */
export function isPdf(file) {
  return file.length > 8 && String.fromCharCode(...file.slice(0, 5)) === "%PDF-";
}

/** Beginning and end of a digest, in groups that people can compare. */
export function short(digest) {
  return `${digest.slice(0, 4)} ${digest.slice(4, 8)} … ${digest.slice(-4)}`;
}


/** The number that a statement gives as its PDF identifier; empty where it gives none. Nothing of it is believed. */
export function numberIn(file) {
  const ends = [file.slice(0, 200_000), file.slice(-200_000)];
  for (const part of ends.reverse()) {
    const text = new TextDecoder("latin1").decode(part);
    const [, hexText, plain] = /\/ID\s*\[\s*(?:<([0-9A-Fa-f]{8,200})>|\(([^()\\]{4,100})\))/.exec(text) ?? [];
    const number = plain ?? (hexText && String.fromCharCode(...hexText.match(/../g).map((pair) => parseInt(pair, 16))));
    if (number && /^[a-z0-9-]+-\d{4}[A-Za-z0-9-]*$/.test(number)) return number;
  }
  return "";
}
