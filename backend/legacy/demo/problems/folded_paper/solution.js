const lines = require('fs').readFileSync(0, 'utf8').trim().split('\n');
const [n, q] = lines[0].split(' ').map(Number);

function crease(n, k) {
  const middle = 2 ** (n - 1);
  if (k === middle) return 'V';
  if (k < middle) return crease(n - 1, k);
  return crease(n - 1, 2 * middle - k) === 'V' ? 'M' : 'V';
}

for (let i = 1; i <= q; i++) console.log(crease(n, Number(lines[i])));
