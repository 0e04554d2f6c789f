const lines = require('fs').readFileSync(0, 'utf8').trim().split('\n');
const [n, k, t] = lines[0].split(' ').map(Number);
const rides = lines[1].split(' ').map(Number);
const home = new Array(n).fill(0);
let queue = rides.map((_, child) => child);
let clock = 0;
while (queue.length > 0) {
  const riders = queue.slice(0, k);
  queue = queue.slice(k);
  clock += t;
  for (const child of riders) {
    rides[child]--;
    if (rides[child] > 0) queue.push(child);
    else home[child] = clock;
  }
}
console.log(home.join(' '));
