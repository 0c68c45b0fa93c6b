/**
 * A gift's way, recomputed from the entries that moved it.
 *
 * Every entry that moves money names intervals: units `start` to `end` of one account's line become `to_start` onwards of
 * the next. Inside, offset d of G maps to N·d/G, rounded half up, so that parts add up to the whole (docs/architecture.md,
 * section 3).
 */

import { Unknown } from "./bytes.js";

/**
 * Follow a gift through entries.
 *
 * @param {object} gift its entry
 * @param {object[]} movers entries that moved it, by rising number
 * @param {{account: string, commodity: string, start: number, length: number}[]} voids gifts that were taken back before
 *     they were settled: they lie on the line without value
 * @returns {Map<number, number>} by entry, how much of the gift it moved on, minor units
 */
export function follow(gift, movers, voids) {
  const { channel, commodity, line, amount } = gift.body;
  let pieces = [{ account: `Assets:Platform:${channel}`, commodity, from: BigInt(line), to: BigInt(line + amount) }];
  const moved = new Map();
  for (const entry of movers) {
    const next = [];
    let sum = 0n;
    for (const piece of pieces) {
      let left = [piece];
      for (const segment of entry.body.segments ?? []) {
        const outcome = left.map((part) => cross(part, segment, voids));
        left = outcome.flatMap((one) => one.stays);
        const gone = outcome.flatMap((one) => one.goes);
        sum += gone.reduce((total, part) => total + part.to - part.from, 0n);
        next.push(...gone);
      }
      next.push(...left);
    }
    pieces = next;
    moved.set(entry.seq, Number(sum));
  }
  return moved;
}

/** What of a piece a segment takes on, and what stays. */
function cross(piece, segment, voids) {
  const [start, end] = [BigInt(segment.start), BigInt(segment.end)];
  if (piece.account !== segment.from || piece.commodity !== segment.commodity || piece.from >= end || piece.to <= start) {
    return { stays: [piece], goes: [] };
  }
  const length = BigInt(segment.length);
  const inside = voids
    .filter((one) => one.account === segment.from && one.commodity === segment.commodity)
    .map((one) => [BigInt(one.start), BigInt(one.start + one.length)])
    .filter(([first, stop]) => first < end && stop > start);
  const valueUpTo = (unit) =>
    inside.reduce((sum, [first, stop]) => sum - (first < unit ? (stop < unit ? stop : unit) - first : 0n), unit - start);
  // All of them are known exactly when what they leave is what was settled.
  if (valueUpTo(end) !== length) throw new Unknown("voids");
  const from = piece.from > start ? piece.from : start;
  const to = piece.to < end ? piece.to : end;
  const net = BigInt(segment.to_length);
  const place = (unit) => BigInt(segment.to_start) + (2n * net * valueUpTo(unit) + length) / (2n * length);
  const stays = [];
  if (piece.from < from) stays.push({ ...piece, to: from });
  if (to < piece.to) stays.push({ ...piece, from: to });
  const gone = { account: segment.to, commodity: segment.to_commodity, from: place(from), to: place(to) };
  return { stays, goes: gone.to > gone.from ? [gone] : [] };
}
