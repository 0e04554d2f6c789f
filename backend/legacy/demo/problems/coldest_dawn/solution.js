const [n, ...temperatures] = require('fs').readFileSync(0, 'utf8').trim().split(/\s+/).map(Number);
const lowest = Math.min(...temperatures);
console.log(`${lowest} ${temperatures.lastIndexOf(lowest) + 1}`);
