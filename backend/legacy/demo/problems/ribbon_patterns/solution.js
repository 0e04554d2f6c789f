const lines = require('fs').readFileSync(0, 'utf8').trim().split('\n');
const n = Number(lines[0]);
const counts = new Map();
let pairs = 0;
for (let i = 1; i <= n; i++) {
  const rank = new Map();
  const pattern = [...lines[i]]
    .map((colour) => {
      if (!rank.has(colour)) rank.set(colour, rank.size);
      return rank.get(colour);
    })
    .join(',');
  const count = counts.get(pattern) || 0;
  pairs += count;
  counts.set(pattern, count + 1);
}
console.log(`${pairs} ${counts.size}`);
