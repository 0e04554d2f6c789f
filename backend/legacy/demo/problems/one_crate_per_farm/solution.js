const lines = require('fs').readFileSync(0, 'utf8').trim().split('\n');
const [g, limit] = lines[0].split(' ').map(Number);
const best = new Array(limit + 1).fill(0);
for (let farm = 1; farm <= g; farm++) {
  const [count, ...numbers] = lines[farm].split(' ').map(Number);
  const before = best.slice();
  for (let i = 0; i < count; i++) {
    const weight = numbers[2 * i];
    const value = numbers[2 * i + 1];
    for (let x = weight; x <= limit; x++) best[x] = Math.max(best[x], before[x - weight] + value);
  }
}
console.log(`${best[limit]} ${best.indexOf(best[limit])}`);
