const lines = require('fs').readFileSync(0, 'utf8').trim().split('\n');
const [n, m, t, c] = lines[0].split(' ').map(Number);
const landings = lines[1].split(' ').map(Number);
const buses = lines[2].split(' ').map(Number);
let front = 0;
let waited = 0;
for (const departure of buses) {
  for (let seats = c; seats > 0 && front < n && landings[front] + t <= departure; seats--) {
    waited += departure - landings[front] - t;
    front++;
  }
}
console.log(`${waited} ${n - front}`);
