const lines = require('fs').readFileSync(0, 'utf8').trim().split('\n');
const [n, length] = lines[0].split(' ').map(Number);
const intervals = lines.slice(1, n + 1).map((line) => {
  const [x, r] = line.split(' ').map(Number);
  return [x - r, x + r];
});
intervals.sort((a, b) => a[0] - b[0]);
let lit = 0;
let count = 0;
let i = 0;
while (lit < length) {
  let farthest = lit;
  while (i < n && intervals[i][0] <= lit) farthest = Math.max(farthest, intervals[i++][1]);
  if (farthest === lit) {
    count = -1;
    break;
  }
  lit = farthest;
  count++;
}
console.log(count);
