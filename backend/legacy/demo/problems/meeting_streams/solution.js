const lines = require('fs').readFileSync(0, 'utf8').trim().split('\n').map((line) => line.split(' ').map(Number));
const [n, q] = lines[0];
const parent = [0, 0];
const length = [0, 0];
for (const [p, w] of lines.slice(1, n)) {
  parent.push(p);
  length.push(w);
}
const children = Array.from({ length: n + 1 }, () => []);
for (let i = 2; i <= n; i++) children[parent[i]].push(i);
const depth = new Array(n + 1).fill(0);
const distance = new Array(n + 1).fill(0);
const stack = [1];
while (stack.length > 0) {
  const pool = stack.pop();
  for (const child of children[pool]) {
    depth[child] = depth[pool] + 1;
    distance[child] = distance[pool] + length[child];
    stack.push(child);
  }
}
const ancestors = [parent];
for (let k = 0; k < 9; k++) ancestors.push(ancestors[k].map((pool) => ancestors[k][pool]));

function meeting(a, b) {
  if (depth[a] < depth[b]) [a, b] = [b, a];
  for (let k = 9; k >= 0; k--) if (depth[a] - depth[b] >= 1 << k) a = ancestors[k][a];
  if (a === b) return a;
  for (let k = 9; k >= 0; k--) {
    if (ancestors[k][a] !== ancestors[k][b]) [a, b] = [ancestors[k][a], ancestors[k][b]];
  }
  return parent[a];
}

for (const [a, b] of lines.slice(n, n + q)) {
  const pool = meeting(a, b);
  console.log(`${pool} ${distance[a] + distance[b] - 2 * distance[pool]}`);
}
