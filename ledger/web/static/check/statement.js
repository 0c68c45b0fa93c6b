/**
 * A statement as a file: is it, to the byte, the one whose digest is in the log?
 *
 * The log is asked for the entry that published it, and the entry is proven like any other: a list that the server makes
 * up leads nowhere.
 */

import { Refused, Unknown, hex, sha256, textOf } from "./bytes.js";
import { checkGrows, checkSameBook, outcomeOf } from "./gift.js";
import { attachmentsOf } from "./pdf.js";
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
  const { check: attachments, manifest } = await checkAttachments(file);
  const statement = await outcomeOf("statement", async () => {
    if (file.length > STATEMENT_BYTES_MAX) throw new Refused("too-large");
    const digest = hex(await sha256(file));
    found = published.find((one) => one.sha256 === digest) ?? null;
    if (!found) {
      const claimed = published.find((one) => one.number === (number || manifest?.number));
      if (claimed) throw new Refused("digest", { published: short(claimed.sha256), found: short(digest) });
      throw new Refused("not-published", {});
    }
    const entry = readEntry(await book.entry(found.entry), book.fund, found.entry);
    if (entry.kind !== "statement.published" || entry.body.sha256 !== digest || entry.body.bytes !== file.length) {
      throw new Refused("digest", { published: short(String(entry.body.sha256)), found: short(digest) });
    }
    return { digest: short(digest), entry: found.entry };
  });
  const checks = [statement, attachments];
  if (statement.outcome === "no" && manifest) {
    checks.push(await checkFigures(manifest, published.find((one) => one.number === manifest.number)));
  }
  return { checks: [...checks, await checkGrows(book), await checkSameBook(book)], found };
}

/** Hold the files inside to the list of them inside. */
async function checkAttachments(file) {
  let manifest = null;
  const check = await outcomeOf("attachments", async () => {
    const inside = await attachmentsOf(file);
    manifest = manifestOf(inside);
    for (const { name, sha256: digest, embedded } of manifest.files) {
      const bytes = inside.get(name);
      if (embedded && (!bytes || hex(await sha256(bytes)) !== digest)) throw new Refused("attachment", { name });
    }
    const listed = new Set(["manifest.json", ...manifest.files.map(({ name }) => name)]);
    const extra = Array.from(inside.keys()).find((name) => !listed.has(name));
    if (extra) throw new Refused("extra", { name: extra });
    return { count: manifest.files.filter(({ embedded }) => embedded).length };
  });
  return { check, manifest };
}

function manifestOf(inside) {
  const bytes = inside.get("manifest.json");
  if (!bytes) throw new Unknown("no-attachments");
  let manifest;
  try {
    manifest = JSON.parse(textOf(bytes, "manifest"));
  } catch {
    throw new Refused("attachment", { name: "manifest.json" });
  }
  if (!Array.isArray(manifest?.files) || typeof manifest.lines !== "object") {
    throw new Refused("attachment", { name: "manifest.json" });
  }
  return manifest;
}

/** Compare the figures with those of the file that was published under the same number, line by line. */
function checkFigures(manifest, original) {
  return outcomeOf("figures", async () => {
    if (!original) throw new Unknown("no-original");
    const answer = await fetch(original.address, { credentials: "omit", signal: AbortSignal.timeout(30_000) });
    if (!answer.ok) throw new Unknown("no-original");
    const bytes = new Uint8Array(await answer.arrayBuffer());
    if (hex(await sha256(bytes)) !== original.sha256) throw new Unknown("no-original");
    const { lines, commodity } = manifestOf(await attachmentsOf(bytes));
    const differs = Object.keys(lines).find((line) => manifest.lines?.[line] !== lines[line]);
    if (differs) {
      throw new Refused("figure", { line: differs, found: manifest.lines?.[differs], published: lines[differs], commodity });
    }
    return { count: Object.keys(lines).length };
  });
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
  const pattern = /\/ID\s*\[\s*(?:<([0-9A-Fa-f]{8,200})>|\(([^()\\]{4,100})\))/g;
  for (const part of [file.slice(-200_000), file.slice(0, 200_000)]) {
    for (const [, hexText, plain] of new TextDecoder("latin1").decode(part).matchAll(pattern)) {
      const number = plain ?? String.fromCharCode(...hexText.match(/../g).map((pair) => parseInt(pair, 16)));
      if (/^[a-z0-9-]+-\d{4}[A-Za-z0-9-]*$/.test(number)) return number;
    }
  }
  return "";
}
