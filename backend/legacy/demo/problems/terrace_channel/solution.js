const lines = require('fs').readFileSync(0, 'utf8').trim().split('\n');
const d = Number(lines[0].split(' ')[1]);
const lowestEnd = [];
for (const height of lines[1].split(' ').map(Number)) {
  let low = 0;
  let high = lowestEnd.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lowestEnd[middle] <= height - d) low = middle + 1;
    else high = middle;
  }
  lowestEnd[low] = low === lowestEnd.length ? height : Math.min(lowestEnd[low], height);
}
console.log(lowestEnd.length);
