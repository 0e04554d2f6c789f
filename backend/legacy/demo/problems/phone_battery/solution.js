const [start, ...events] = require('fs').readFileSync(0, 'utf8').trim().split('\n');
let battery = Number(start.split(' ')[1]);
let switchedOff = 0;
for (const event of events) {
  const [sign, amount] = event.split(' ');
  if (sign === '+') {
    battery = Math.min(100, battery + Number(amount));
  } else if (battery > 0) {
    battery = Math.max(0, battery - Number(amount));
    if (battery === 0) switchedOff += 1;
  }
}
console.log(`${battery} ${switchedOff}`);
