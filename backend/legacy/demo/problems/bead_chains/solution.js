const MODULUS = 1000000007;
const [n, k, r] = require('fs').readFileSync(0, 'utf8').trim().split(' ').map(Number);
let runs = new Array(r).fill(0);
runs[0] = k;
const total = () => runs.reduce((a, b) => a + b, 0) % MODULUS;
for (let i = 1; i < n; i++) runs = [(total() * (k - 1)) % MODULUS, ...runs.slice(0, -1)];
console.log(total());
