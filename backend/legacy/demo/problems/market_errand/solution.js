const lines = require('fs').readFileSync(0, 'utf8').trim().split('\n').map((line) => line.split(' ').map(Number));
const [n, m] = lines[0];
const time = lines.slice(1, n + 2);
const required = new Array(n).fill(0);
for (const [a, b] of lines.slice(n + 2, n + 2 + m)) required[b - 1] |= 1 << (a - 1);
const best = Array.from({ length: 1 << n }, () => new Array(n + 1).fill(Infinity));
best[0][0] = 0;
for (let visited = 0; visited < 1 << n; visited++) {
  for (let position = 0; position <= n; position++) {
    const spent = best[visited][position];
    if (spent === Infinity) continue;
    for (let shop = 0; shop < n; shop++) {
      const bit = 1 << shop;
      if (visited & bit || required[shop] & ~visited) continue;
      const following = best[visited | bit];
      following[shop + 1] = Math.min(following[shop + 1], spent + time[position][shop + 1]);
    }
  }
}
const least = Math.min(...best[(1 << n) - 1].map((spent, position) => spent + time[position][0]));
console.log(least < Infinity ? least : -1);
