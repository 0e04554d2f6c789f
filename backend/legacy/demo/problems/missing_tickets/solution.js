const [n, m, ...tickets] = require('fs').readFileSync(0, 'utf8').trim().split(/\s+/).map(Number);
const collected = new Set(tickets);
const missing = [];
for (let number = 1; number <= n; number += 1) {
  if (!collected.has(number)) missing.push(number);
}
console.log(missing.length);
if (missing.length) console.log(missing.join(' '));
