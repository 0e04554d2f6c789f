const lines = require('fs').readFileSync(0, 'utf8').trim().split('\n');
const n = Number(lines[0]);
const gcd = (a, b) => (b === 0 ? a : gcd(b, a % b));
let time = 0;
let interval = 1;
for (let i = 1; i <= n; i++) {
  const [first, period] = lines[i].split(' ').map(Number);
  let tries = 0;
  while (tries < period && time % period !== first) {
    time += interval;
    tries++;
  }
  if (tries === period) {
    time = -1;
    break;
  }
  interval = (interval / gcd(interval, period)) * period;
}
console.log(time);
