/**
 * A fund's log as this browser reads it: keys, the newest checkpoint, and entries proven through tiles.
 *
 * In: an address and a `fetch`. Guaranteed: an entry is handed out only after its inclusion in the newest checkpoint was
 * recomputed here, and the newest checkpoint only after the one that this browser saw last was proven to be its
 * beginning. A log that tells two stories is a `Fork`, with both notes.
 *
 * Source: c2sp.org/tlog-tiles.
 */

import { Refused, Unknown, same, textOf, toBase64, fromBase64 } from "./bytes.js";
import { openCheckpoint, readKeys } from "./notes.js";
import { leafHash, nodeHash, split, verifyConsistency, verifyInclusion } from "./tree.js";

const TILE = 256;
const TIMEOUT_MS = 15_000;
const FILE_BYTES_MAX = 20_000_000;

/** Two checkpoints of one log that no tree can have both. */
export class Fork extends Refused {
  constructor(earlier, later) {
    super("fork", { earlier: earlier.size, later: later.size });
    this.notes = [earlier.note, later.note];
  }
}

export class Book {
  /**
   * @param {string} origin the log's name: `<host>/log/<fund>`
   * @param {string} address where it is read
   * @param {{get: (key: string) => string | null, set: (key: string, value: string) => void}} memory of this browser
   * @param {string[]} [trusted] keys from elsewhere; the log's own are not asked for then
   * @param {string[]} [witnesses] keys of witnesses, from whoever names them
   */
  constructor(origin, address, memory, trusted = [], witnesses = []) {
    this.origin = origin;
    this.address = address;
    this.memory = memory;
    this.trusted = trusted;
    this.witnessKeys = witnesses;
    this.tiles = new Map();
  }

  get fund() {
    return this.origin.slice(this.origin.lastIndexOf("/") + 1);
  }

  /** Fetch a file of the log; a missing one is null. */
  async fetch(path) {
    let response;
    try {
      response = await fetch(`${this.address}/${path}`, {
        cache: path === "checkpoint" ? "no-store" : "default",
        credentials: "omit",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch {
      throw new Unknown("offline");
    }
    if (response.status === 404) return null;
    if (!response.ok) throw new Unknown("offline");
    const body = new Uint8Array(await response.arrayBuffer());
    if (body.length > FILE_BYTES_MAX) throw new Refused("too-large");
    return body;
  }

  /** The log's keys: those from elsewhere, else those that this browser knows already, else the log's own. */
  async keys() {
    this._keys ??= (async () => {
      if (this.trusted.length) return readKeys(this.trusted.join("\n"));
      const told = await this.fetch("key");
      if (!told) throw new Unknown("no-keys");
      const keys = await readKeys(textOf(told, "key"));
      if (!keys.length) throw new Unknown("no-keys");
      return keys;
    })();
    return this._keys;
  }

  /** What this browser saw last of this log: a checkpoint, or null. */
  async remembered() {
    const kept = this.memory.get(`mingzhang ${this.origin}`);
    if (!kept) return null;
    let note;
    let keys;
    try {
      const { note: text, keys: lines } = JSON.parse(kept);
      note = fromBase64(text);
      keys = await readKeys(lines.join("\n"));
    } catch {
      return null;
    }
    if (!note || !keys.length) return null;
    try {
      return { ...(await openCheckpoint(note, this.origin, keys)), keys };
    } catch (error) {
      if (error instanceof Unknown) throw error;
      return null;
    }
  }

  /**
   * The newest checkpoint, held to the one that this browser saw last.
   *
   * @returns {Promise<object>} as `openCheckpoint`, with `since`: size of the one seen before, or null
   */
  async latest() {
    this._latest ??= this._readLatest();
    return this._latest;
  }

  async _readLatest() {
    const note = await this.fetch("checkpoint");
    if (!note) throw new Unknown("no-checkpoint");
    const seen = await this.remembered();
    const now = await openCheckpoint(note, this.origin, await this.keys());
    if (seen) {
      const [earlier, later] = seen.size <= now.size ? [seen, now] : [now, seen];
      await this.extends(earlier, later);
      if (seen.size > now.size) throw new Fork(seen, now);
      now.sameKeys = (await this.keys()).some((key) => seen.keys.some((old) => old.text === key.text));
    }
    now.since = seen ? seen.size : null;
    const keys = (await this.keys()).map((key) => key.text);
    this.memory.set(`mingzhang ${this.origin}`, JSON.stringify({ note: toBase64(note), keys }));
    return now;
  }

  /** The newest checkpoint that a known witness has cosigned, proven to be a beginning of the newest; null without one. */
  async witnessed() {
    const now = await this.latest();
    const note = await this.fetch("witnessed");
    if (!note) return null;
    const found = await openCheckpoint(note, this.origin, await this.keys(), await readKeys(this.witnessKeys.join("\n")));
    if (!found.witnesses.length) return null;
    // It may have been cosigned after the newest was read.
    await this.extends(...(found.size <= now.size ? [found, now] : [now, found]));
    return found;
  }

  /** Hold that one checkpoint is the beginning of another, by a proof made from tiles. */
  async extends(earlier, later) {
    if (earlier.size > later.size) throw new Fork(earlier, later);
    const fits = earlier.size === later.size;
    if (fits && !same(earlier.root, later.root)) throw new Fork(earlier, later);
    if (fits || earlier.size === 0) return;
    const proof = await this.consistencyProof(earlier.size, later.size);
    try {
      await verifyConsistency(earlier, later, proof);
    } catch (error) {
      if (error instanceof Refused) throw new Fork(earlier, later);
      throw error;
    }
  }

  /** An entry's exact bytes, proven to stand at its place in the newest checkpoint. */
  async entry(seq) {
    const { size, root } = await this.latest();
    if (seq >= size) throw new Unknown("not-published-yet", { entry: seq });
    const bytes = await this.bundled(seq, size);
    await verifyInclusion(seq, size, await leafHash(bytes), await this.inclusionProof(seq, size), root);
    return bytes;
  }

  /** An entry's bytes from its bundle, not proven yet. */
  async bundled(seq, size) {
    const bundle = await this.tile("entries", Math.floor(seq / TILE), size);
    let at = 0;
    for (let place = 0; ; place += 1) {
      if (at + 2 > bundle.length) throw new Refused("bundle");
      const length = bundle[at] * 256 + bundle[at + 1];
      if (at + 2 + length > bundle.length) throw new Refused("bundle");
      if (place === seq % TILE) return bundle.slice(at + 2, at + 2 + length);
      at += 2 + length;
    }
  }

  /**
   * A tile, as a tree of this size has it; a partial one that has gone is the beginning of the full one.
   *
   * @param {number | "entries"} level
   */
  async tile(level, index, size) {
    const key = `${level}/${index}/${size}`;
    if (!this.tiles.has(key)) this.tiles.set(key, this._readTile(level, index, size));
    return this.tiles.get(key);
  }

  async _readTile(level, index, size) {
    const nodes = Math.floor(size / TILE ** (level === "entries" ? 0 : level));
    const width = Math.min(TILE, nodes - index * TILE);
    if (width <= 0) throw new Refused("tile");
    const path = `tile/${level}/${tilePath(index)}`;
    let body = width < TILE ? await this.fetch(`${path}.p/${width}`) : null;
    body ??= await this.fetch(path);
    if (!body) throw new Unknown("no-tile", { path });
    if (level === "entries") return body;
    if (body.length < 32 * width) throw new Refused("tile");
    return body.slice(0, 32 * width);
  }

  /** Hash of the entries from `first` to before `stop`, in a tree of this size. */
  async range(first, stop, size) {
    const span = stop - first;
    if (span === 1) return this.node(0, first, size);
    const height = Math.log2(span);
    if (Number.isInteger(height) && first % span === 0) return this.perfect(height, first / span, size);
    const middle = first + split(span);
    return nodeHash(await this.range(first, middle, size), await this.range(middle, stop, size));
  }

  async perfect(height, position, size) {
    const level = Math.floor(height / 8);
    const above = height % 8;
    let row = [];
    for (let at = 0; at < 2 ** above; at += 1) row.push(await this.node(level, position * 2 ** above + at, size));
    while (row.length > 1) {
      const next = [];
      for (let at = 0; at < row.length; at += 2) next.push(await nodeHash(row[at], row[at + 1]));
      row = next;
    }
    return row[0];
  }

  async node(level, position, size) {
    const tile = await this.tile(level, Math.floor(position / TILE), size);
    const at = (position % TILE) * 32;
    if (at + 32 > tile.length) throw new Refused("tile");
    return tile.slice(at, at + 32);
  }

  /** RFC 6962 section 2.1.1. */
  async inclusionProof(index, size, first = 0) {
    const span = size - first;
    if (span === 1) return [];
    return this._path(index, first, size, size);
  }

  async _path(index, first, stop, size) {
    if (stop - first === 1) return [];
    const middle = first + split(stop - first);
    if (index < middle) {
      return [...(await this._path(index, first, middle, size)), await this.range(middle, stop, size)];
    }
    return [...(await this._path(index, middle, stop, size)), await this.range(first, middle, size)];
  }

  /** RFC 6962 section 2.1.2. */
  async consistencyProof(earlier, later) {
    return this._subproof(earlier, 0, later, later, true);
  }

  async _subproof(earlier, first, stop, size, whole) {
    if (earlier === stop) return whole ? [] : [await this.range(first, stop, size)];
    const middle = first + split(stop - first);
    if (earlier <= middle) {
      return [...(await this._subproof(earlier, first, middle, size, whole)), await this.range(middle, stop, size)];
    }
    return [...(await this._subproof(earlier, middle, stop, size, false)), await this.range(first, middle, size)];
  }
}

/** Groups of three digits, all but the last after an `x`: 1234067 is `x001/x234/067`. */
function tilePath(index) {
  const digits = String(index).padStart(Math.ceil(String(index).length / 3) * 3, "0");
  const groups = digits.match(/.{3}/g);
  return groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join("/");
}

/** Memory of this browser; a browser that keeps nothing forgets. */
export const browserMemory = {
  get(key) {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      localStorage.setItem(key, value);
    } catch {
      // A private window: the next visit begins anew.
    }
  },
};

