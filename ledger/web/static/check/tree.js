/**
 * The Merkle tree of RFC 6962: hashes, and the two proofs.
 *
 * Source: RFC 6962 section 2.1; RFC 9162 sections 2.1.3.2 (inclusion) and 2.1.4.2 (consistency).
 */

import { Refused, same, sha256 } from "./bytes.js";

const LEAF = new Uint8Array([0]);
const NODE = new Uint8Array([1]);

/** No tree within exact numbers needs more hashes on one way up. */
export const PROOF_HASHES_MAX = 63;

/** Hash of an entry's exact bytes. */
export function leafHash(entry) {
  return sha256(LEAF, entry);
}

/** Hash of two neighbours. */
export function nodeHash(left, right) {
  return sha256(NODE, left, right);
}

/** Halve without the 32 bits that JavaScript's shifts have. */
const half = (number) => Math.floor(number / 2);
const odd = (number) => number % 2 === 1;

/**
 * Hold that a leaf is in a tree. Returns nothing; refuses where it is not.
 *
 * @param {number} index place of the leaf, from 0
 * @param {number} size leaves of the tree
 * @param {Uint8Array} leaf its hash
 * @param {Uint8Array[]} proof the leaf's sibling first
 * @param {Uint8Array} root of the tree
 */
export async function verifyInclusion(index, size, leaf, proof, root) {
  if (!(index >= 0 && index < size) || proof.length > PROOF_HASHES_MAX) throw new Refused("inclusion");
  let at = index;
  let last = size - 1;
  let hash = leaf;
  for (const part of proof) {
    if (last === 0) throw new Refused("inclusion");
    if (odd(at) || at === last) {
      hash = await nodeHash(part, hash);
      while (at !== 0 && !odd(at)) {
        at = half(at);
        last = half(last);
      }
    } else {
      hash = await nodeHash(hash, part);
    }
    at = half(at);
    last = half(last);
  }
  if (last !== 0 || !same(hash, root)) throw new Refused("inclusion");
}

/**
 * Hold that an earlier tree is the beginning of a later one. Returns nothing; refuses where it is not.
 *
 * @param {{size: number, root: Uint8Array}} earlier
 * @param {{size: number, root: Uint8Array}} later
 * @param {Uint8Array[]} proof
 */
export async function verifyConsistency(earlier, later, proof) {
  if (earlier.size > later.size || proof.length > PROOF_HASHES_MAX + 1) throw new Refused("consistency");
  if (earlier.size === 0) return;
  if (earlier.size === later.size) {
    if (proof.length || !same(earlier.root, later.root)) throw new Refused("consistency");
    return;
  }
  let at = earlier.size - 1;
  let last = later.size - 1;
  while (odd(at)) {
    at = half(at);
    last = half(last);
  }
  const path = at === 0 ? [earlier.root, ...proof] : [...proof];
  if (!path.length) throw new Refused("consistency");
  let old = path[0];
  let now = path[0];
  for (const part of path.slice(1)) {
    if (last === 0) throw new Refused("consistency");
    if (odd(at) || at === last) {
      old = await nodeHash(part, old);
      now = await nodeHash(part, now);
      while (at !== 0 && !odd(at)) {
        at = half(at);
        last = half(last);
      }
    } else {
      now = await nodeHash(now, part);
    }
    at = half(at);
    last = half(last);
  }
  if (last !== 0 || !same(old, earlier.root) || !same(now, later.root)) throw new Refused("consistency");
}

/** The largest power of two strictly below n (n above 1). */
export function split(n) {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}
