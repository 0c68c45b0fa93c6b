/**
 * The checks of one gift, in the order in which its page tells them. Each ends in `yes`, `no` or `unknown`; none throws.
 */

import { Refused, Unknown, same, textOf } from "./bytes.js";
import { Fork } from "./book.js";
import { openCheckpoint } from "./notes.js";
import { openCommitments, readEntry, readProof, receiptNumber } from "./receipt.js";
import { leafHash, verifyInclusion } from "./tree.js";
import { follow } from "./way.js";

/**
 * Run one check.
 *
 * @param {string} key its name
 * @param {() => Promise<object | null>} work gives the evidence; null where there is nothing to check
 * @returns {Promise<{key: string, outcome: "yes" | "no" | "unknown", reason: string, detail: object, notes: Uint8Array[]}>}
 */
export async function outcomeOf(key, work) {
  try {
    return { key, outcome: "yes", reason: "", detail: (await work()) ?? {}, notes: [] };
  } catch (error) {
    const known = error instanceof Refused || error instanceof Unknown;
    return {
      key,
      outcome: error instanceof Refused ? "no" : "unknown",
      reason: known ? error.reason : "failed",
      detail: known ? error.detail : { error: String(error?.message ?? error).slice(0, 200) },
      notes: error instanceof Fork ? error.notes : [],
    };
  }
}

/** The log's name and the place of an entry, as a receipt says them; nothing of it is believed yet. */
export function originOf(proof) {
  const text = textOf(proof.note, "note");
  return text.slice(0, Math.max(text.indexOf("\n"), 0));
}

/**
 * Check a receipt: the entry is in the log, and the log that this browser reads now is the same book.
 *
 * @param {Uint8Array} file a `.tlog-proof` file
 * @param {import("./book.js").Book} book
 * @param {{entry?: Uint8Array, number?: string, opening?: object}} also what the holder has besides
 * @returns {Promise<{checks: object[], entry: object | null, bytes: Uint8Array | null}>}
 */
export async function checkReceipt(file, book, also = {}) {
  let proof = null;
  let bytes = null;
  let entry = null;
  const inLog = await outcomeOf("in_log", async () => {
    proof = readProof(file);
    bytes = also.entry ?? proof.entry;
    if (!bytes) throw new Unknown("no-entry");
    if (also.entry && proof.entry && !same(also.entry, proof.entry)) throw new Refused("other-entry");
    const opened = await openCheckpoint(proof.note, book.origin, await book.keys());
    await verifyInclusion(proof.index, opened.size, await leafHash(bytes), proof.proof, opened.root);
    const read = readEntry(bytes, book.fund, proof.index);
    const number = await receiptNumber(proof.index, bytes);
    if (also.number && also.number !== number) throw new Refused("other-number", { number });
    entry = read;
    return { entry: proof.index, size: opened.size, number };
  });
  const grows = await checkGrows(book, proof);
  const sameBook = await checkSameBook(book, proof?.index);
  const privateParts = await outcomeOf("private_parts", async () => {
    if (!entry) throw new Unknown("not-reached");
    if (!also.opening || !Object.keys(also.opening).length) throw new Unknown("no-opening");
    return { labels: await openCommitments(entry.body, also.opening) };
  });
  return { checks: [inLog, grows, sameBook, privateParts], entry, bytes };
}

/**
 * Hold that the ledger only grew: the tree of the receipt, and the one that this browser saw last, are beginnings of the
 * present one.
 *
 * @param {{note: Uint8Array} | null} proof of the receipt
 */
export function checkGrows(book, proof = null) {
  return outcomeOf("grows", async () => {
    const now = await book.latest();
    if (proof) {
      const then = await openCheckpoint(proof.note, book.origin, await book.keys());
      await book.extends(...(then.size <= now.size ? [then, now] : [now, then]));
      if (then.size > now.size) throw new Unknown("older-answer", { size: now.size });
    }
    return { size: now.size, since: now.since, sameKeys: now.sameKeys ?? true };
  });
}

/**
 * Hold that others are shown the same book: somebody who is not the operator has signed a tree that holds this entry,
 * and the present one continues it.
 */
export function checkSameBook(book, index = 0) {
  return outcomeOf("same_book", async () => {
    const found = book.witnessKeys.length ? await book.witnessed() : null;
    if (!found) throw new Unknown("no-witness");
    if (index >= found.size) throw new Unknown("not-witnessed-yet", { size: found.size });
    return { size: found.size, witnesses: found.witnesses };
  });
}

/**
 * Hold that no gift of its broadcast is missing: the entry that closed it states how many there were.
 *
 * @param {object} gift its entry
 * @param {number | null} closing the entry that closed its broadcast, as the page says
 */
export function checkNoneMissing(gift, closing, book) {
  return outcomeOf("none_missing", async () => {
    const number = gift?.body?.n;
    if (!gift) throw new Unknown("not-reached");
    if (closing === null) throw new Unknown("running", { number });
    const closed = readEntry(await book.entry(closing), book.fund, closing);
    const { session, gifts } = closed.body;
    if (closed.kind !== "session.closed" || session !== gift.body.session) throw new Refused("other-broadcast");
    if (!(number >= 1 && number <= gifts)) throw new Refused("counter", { number, total: gifts });
    return { number, total: gifts };
  });
}

/**
 * Recompute the gift's way from the entries that the page names, and hold it to the amounts that the page shows.
 *
 * @param {object} gift its entry
 * @param {{entry: number, amount: number}[]} steps as shown, all ways together; the first is the gift
 * @param {number[]} reversals entries that took back other gifts of the same settlements
 */
export function checkSums(gift, steps, reversals, book) {
  return outcomeOf("sums", async () => {
    if (!gift) throw new Unknown("not-reached");
    const shown = new Map();
    for (const { entry, amount } of steps) shown.set(entry, (shown.get(entry) ?? 0) + amount);
    const first = shown.get(gift.seq);
    if (first !== gift.body.amount) {
      throw new Refused("amount", { entry: gift.seq, shown: first ?? 0, found: gift.body.amount });
    }
    shown.delete(gift.seq);
    const movers = [];
    for (const seq of Array.from(shown.keys()).sort((one, other) => one - other)) {
      movers.push(readEntry(await book.entry(seq), book.fund, seq));
    }
    const voids = [];
    for (const seq of reversals) voids.push(await voidOf(seq, book));
    for (const [seq, moved] of follow(gift, movers, voids)) {
      if (moved === 0 && shown.get(seq) !== 0) throw new Unknown("way", { entry: seq });
      if (moved !== shown.get(seq)) throw new Refused("amount", { entry: seq, shown: shown.get(seq), found: moved });
    }
    return { amount: gift.body.amount, commodity: gift.body.commodity, entries: movers.length + 1 };
  });
}

/** Where a gift that was taken back lies on its channel's line. */
async function voidOf(seq, book) {
  const reversal = readEntry(await book.entry(seq), book.fund, seq);
  const { reverses, settled } = reversal.body;
  if (reversal.kind !== "gift.reversed" || settled || !Number.isSafeInteger(reverses)) throw new Refused("entry");
  const { body } = readEntry(await book.entry(reverses), book.fund, reverses);
  return { account: `Assets:Platform:${body.channel}`, commodity: body.commodity, start: body.line, length: body.amount };
}
