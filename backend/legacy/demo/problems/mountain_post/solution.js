const numbers = require('fs').readFileSync(0, 'utf8').trim().split(/\s+/).map(Number);
const [n, m, c] = numbers;
const edges = Array.from({ length: 2 * n }, () => []);
for (let i = 0; i < m + c; i++) {
  const [a, b, t] = numbers.slice(3 + 3 * i, 6 + 3 * i);
  if (i < m) {
    for (const layer of [0, n]) {
      edges[layer + a - 1].push([layer + b - 1, t]);
      edges[layer + b - 1].push([layer + a - 1, t]);
    }
  } else {
    edges[a - 1].push([n + b - 1, t]);
  }
}
const distance = new Array(2 * n).fill(Infinity);
const settled = new Array(2 * n).fill(false);
distance[0] = 0;
for (;;) {
  let nearest = -1;
  for (let v = 0; v < 2 * n; v++) {
    if (!settled[v] && distance[v] < Infinity && (nearest < 0 || distance[v] < distance[nearest])) nearest = v;
  }
  if (nearest < 0) break;
  settled[nearest] = true;
  for (const [target, t] of edges[nearest]) {
    distance[target] = Math.min(distance[target], distance[nearest] + t);
  }
}
const best = Math.min(distance[n - 1], distance[2 * n - 1]);
console.log(best < Infinity ? best : -1);
