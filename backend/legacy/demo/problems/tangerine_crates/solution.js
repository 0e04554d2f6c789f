const lines = require('fs').readFileSync(0, 'utf8').trim().split('\n');
const n = Number(lines[0]);
const crates = [];
for (let i = 1; i <= n; i++) {
  const [sweetness, weight] = lines[i].split(' ').map(Number);
  crates.push({ sweetness, weight, number: i });
}
crates.sort((a, b) => b.sweetness - a.sweetness || a.weight - b.weight || a.number - b.number);
console.log(crates.map((crate) => crate.number).join(' '));
