const n = Number(require('fs').readFileSync(0, 'utf8'));
const half = (n - 1) / 2;
const lines = [];
for (let row = 0; row < n; row += 1) {
  let line = '';
  for (let column = 0; column < n; column += 1) {
    const steps = Math.abs(row - half) + Math.abs(column - half);
    line += steps === half ? '#' : steps < half ? 'o' : '.';
  }
  lines.push(line);
}
console.log(lines.join('\n'));
