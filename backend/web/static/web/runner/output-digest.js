/* The rule by which outputs are compared, and the digest by it: as `api/dynamodb/codec/compared_output.py`.

A long output is sent as its digest, which the service compares with the one of the expected output. BLAKE2b (RFC 7693)
with 15 bytes and without a key; each 64-bit word is two 32-bit ones, low first.
*/
"use strict";

self.runner ||= {};

(() => {
  const RULE = "1";
  const DIGEST_BYTES = 15;
  const BLOCK_BYTES = 128;
  const START = new Uint32Array([
    0xf3bcc908, 0x6a09e667, 0x84caa73b, 0xbb67ae85, 0xfe94f82b, 0x3c6ef372, 0x5f1d36f1, 0xa54ff53a, 0xade682d1,
    0x510e527f, 0x2b3e6c1f, 0x9b05688c, 0xfb41bd6b, 0x1f83d9ab, 0x137e2179, 0x5be0cd19,
  ]);
  const ORDERS = [
    "0123456789abcdef", "ea489fd61c02b753", "b8c052fdae367194", "7931dcbe265a40f8", "905724afe1bc683d",
    "2c6a0b834d75fe19", "c51fed4a0763928b", "db7ec13950f4862a", "6fe9b308c2d714a5", "a2847615fb9e3cd0",
  ].map((order) => [...order].map((digit) => parseInt(digit, 16)));
  // The order of the first round comes again in the eleventh, that of the second in the twelfth.
  const ROUNDS = [...ORDERS, ORDERS[0], ORDERS[1]];
  const MIXED = [
    [0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15],
    [0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14],
  ];

  const isBlank = (code) => code === 32 || code === 9 || code === 13;
  // Loops, since a regular expression takes quadratic time for a long run of spaces.
  const trimmedEnd = (text, alsoLineFeeds) => {
    let end = text.length;
    while (end && (isBlank(text.charCodeAt(end - 1)) || (alsoLineFeeds && text.charCodeAt(end - 1) === 10))) end -= 1;
    return text.slice(0, end);
  };

  /* An output without what does not count: blanks at the ends of lines, and line feeds at its end. */
  runner.comparedForm = (text) => {
    const counted = trimmedEnd(text, true);
    if (!/[ \t\r]\n/.test(counted)) return counted;
    return counted.split("\n").map((line) => trimmedEnd(line, false)).join("\n");
  };

  const words = new Uint32Array(32);
  const message = new Uint32Array(32);

  const add = (target, low, high) => {
    const sum = words[target] + low;
    words[target + 1] += high + (sum > 0xffffffff ? 1 : 0);
    words[target] = sum;
  };
  // words[target] ^= words[source], then turned right by `bits`; 32 swaps the halves, 63 turns left by one.
  const mixInto = (target, source, bits) => {
    const low = words[target] ^ words[source];
    const high = words[target + 1] ^ words[source + 1];
    if (bits === 32) [words[target], words[target + 1]] = [high, low];
    else if (bits === 63) {
      words[target] = (low << 1) | (high >>> 31);
      words[target + 1] = (high << 1) | (low >>> 31);
    } else {
      words[target] = (low >>> bits) | (high << (32 - bits));
      words[target + 1] = (high >>> bits) | (low << (32 - bits));
    }
  };
  const half = (a, b, c, d, at, firstTurn, secondTurn) => {
    add(a, words[b], words[b + 1]);
    add(a, message[at], message[at + 1]);
    mixInto(d, a, firstTurn);
    add(c, words[d], words[d + 1]);
    mixInto(b, c, secondTurn);
  };

  const compress = (state, block, counted, isLast) => {
    words.set(state);
    words.set(START, 16);
    words[24] ^= counted;
    words[25] ^= Math.floor(counted / 2 ** 32);
    if (isLast) {
      words[28] = ~words[28];
      words[29] = ~words[29];
    }
    for (let index = 0; index < 32; index++) message[index] = block.getUint32(index * 4, true);
    for (const order of ROUNDS) {
      for (let index = 0; index < 8; index++) {
        const [a, b, c, d] = MIXED[index];
        half(2 * a, 2 * b, 2 * c, 2 * d, 2 * order[2 * index], 32, 24);
        half(2 * a, 2 * b, 2 * c, 2 * d, 2 * order[2 * index + 1], 16, 63);
      }
    }
    for (let index = 0; index < 16; index++) state[index] ^= words[index] ^ words[index + 16];
  };

  /* The digest of what counts of an output: 21 ASCII characters. */
  runner.outputDigest = (text) => {
    const bytes = new TextEncoder().encode(runner.comparedForm(text));
    const state = START.slice();
    state[0] ^= 0x01010000 ^ DIGEST_BYTES;
    const blocks = Math.max(1, Math.ceil(bytes.length / BLOCK_BYTES));
    const padded = new Uint8Array(blocks * BLOCK_BYTES);
    padded.set(bytes);
    for (let index = 0; index < blocks; index++) {
      const isLast = index === blocks - 1;
      const block = new DataView(padded.buffer, index * BLOCK_BYTES, BLOCK_BYTES);
      compress(state, block, isLast ? bytes.length : (index + 1) * BLOCK_BYTES, isLast);
    }
    const digest = String.fromCharCode(...new Uint8Array(state.buffer, 0, DIGEST_BYTES));
    return RULE + btoa(digest).replaceAll("+", "-").replaceAll("/", "_");
  };
})();
