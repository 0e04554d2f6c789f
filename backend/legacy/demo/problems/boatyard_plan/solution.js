const lines = require('fs').readFileSync(0, 'utf8').trim().split('\n');
const [n, m] = lines[0].split(' ').map(Number);
const days = lines[1].split(' ').map(Number);
const later = Array.from({ length: n }, () => []);
const waiting = new Array(n).fill(0);
for (let i = 0; i < m; i++) {
  const [a, b] = lines[2 + i].split(' ').map(Number);
  later[a - 1].push(b - 1);
  waiting[b - 1]++;
}
const order = days.map((_, i) => i).filter((i) => waiting[i] === 0);
const start = new Array(n).fill(0);
for (let front = 0; front < order.length; front++) {
  const i = order[front];
  for (const j of later[i]) {
    start[j] = Math.max(start[j], start[i] + days[i]);
    if (--waiting[j] === 0) order.push(j);
  }
}
if (order.length < n) {
  console.log(-1);
} else {
  const remaining = new Array(n).fill(0);
  for (const i of order.reverse()) remaining[i] = days[i] + Math.max(0, ...later[i].map((j) => remaining[j]));
  const total = Math.max(...remaining);
  console.log(`${total} ${days.filter((_, i) => start[i] + remaining[i] === total).length}`);
}
