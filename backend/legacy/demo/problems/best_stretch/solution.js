const lines = require('fs').readFileSync(0, 'utf8').trim().split('\n').map((line) => line.split(' ').map(Number));
const [n] = lines[0];

function combined(a, b) {
  if (a === null || b === null) return a || b;
  return {
    sum: a.sum + b.sum,
    prefix: Math.max(a.prefix, a.sum + b.prefix),
    suffix: Math.max(b.suffix, b.sum + a.suffix),
    best: Math.max(a.best, b.best, a.suffix + b.prefix),
  };
}

const leaf = (p) => ({ sum: p, prefix: p, suffix: p, best: p });
const tree = [...new Array(n).fill(null), ...lines[1].map(leaf)];
const update = (node) => {
  tree[node] = combined(tree[2 * node], tree[2 * node + 1]);
};
for (let node = n - 1; node > 0; node--) update(node);
for (const [kind, a, b] of lines.slice(2)) {
  if (kind === 1) {
    let node = n + a - 1;
    tree[node] = leaf(b);
    while (node > 1) {
      node >>= 1;
      update(node);
    }
    continue;
  }
  let left = null;
  let right = null;
  for (let low = n + a - 1, high = n + b; low < high; low >>= 1, high >>= 1) {
    if (low & 1) left = combined(left, tree[low++]);
    if (high & 1) right = combined(tree[--high], right);
  }
  console.log(combined(left, right).best);
}
