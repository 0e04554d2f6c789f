const [n, k, ...rain] = require('fs').readFileSync(0, 'utf8').split(/\s+/).filter(Boolean).map(Number);
console.log(rain.filter((amount) => amount >= k).length);
