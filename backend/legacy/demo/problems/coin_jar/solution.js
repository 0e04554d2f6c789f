const [n, first, step] = require('fs').readFileSync(0, 'utf8').trim().split(/\s+/).map(Number);
let jar = 0;
let coinsToday = first;
for (let day = 1; day <= n; day += 1) {
  jar += coinsToday;
  if (day % 7 === 0) jar -= Math.floor(jar / 2);
  coinsToday += step;
}
console.log(jar);
