const lines = require('fs').readFileSync(0, 'utf8').trim().split('\n');
const [n, m] = lines[0].split(' ').map(Number);
const change = new Array(n + 2).fill(0);
for (let i = 1; i <= m; i++) {
  const [left, right, k] = lines[i].split(' ').map(Number);
  change[left] += k;
  change[right + 1] -= k;
}
let best = -Infinity;
let position = 0;
let brightness = 0;
for (let i = 1; i <= n; i++) {
  brightness += change[i];
  if (brightness > best) {
    best = brightness;
    position = i;
  }
}
console.log(`${best} ${position}`);
