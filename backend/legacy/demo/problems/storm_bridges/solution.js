const lines = require('fs').readFileSync(0, 'utf8').trim().split('\n');
const [n, m] = lines[0].split(' ').map(Number);
const bridges = lines.slice(1, m + 1).map((line) => line.split(' ').map(Number));
const collapses = lines[m + 1].split(' ').map((number) => Number(number) - 1);
const parent = Array.from({ length: n + 1 }, (_, i) => i);
const size = new Array(n + 1).fill(1);
let communities = n;
let largest = 1;

function root(island) {
  while (parent[island] !== island) {
    parent[island] = parent[parent[island]];
    island = parent[island];
  }
  return island;
}

function join(bridge) {
  let [a, b] = bridges[bridge].map(root);
  if (a === b) return;
  if (size[a] < size[b]) [a, b] = [b, a];
  parent[b] = a;
  size[a] += size[b];
  communities--;
  largest = Math.max(largest, size[a]);
}

const collapsed = new Set(collapses);
for (let i = 0; i < m; i++) if (!collapsed.has(i)) join(i);
const answers = [];
for (const bridge of collapses.reverse()) {
  answers.push(`${communities} ${largest}`);
  join(bridge);
}
console.log(answers.reverse().join('\n'));
