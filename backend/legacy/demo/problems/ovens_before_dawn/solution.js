const lines = require('fs').readFileSync(0, 'utf8').trim().split('\n');
const [n, m] = lines[0].split(' ').map(Number);
const ovens = lines.slice(1, n + 1).map((line) => line.split(' ').map(Number));

function loaves(time) {
  let sum = 0;
  for (const [heating, batch, size] of ovens) {
    if (time > heating) sum += Math.floor((time - heating) / batch) * size;
  }
  return sum;
}

let low = 0;
let high = 1000 + 1000 * m;
while (low < high) {
  const middle = Math.floor((low + high) / 2);
  if (loaves(middle) >= m) high = middle;
  else low = middle + 1;
}
console.log(low);
