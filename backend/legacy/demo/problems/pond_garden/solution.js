const lines = require('fs').readFileSync(0, 'utf8').trim().split('\n');
const [n, q] = lines[0].split(' ').map(Number);
const total = [0];
for (const water of lines[1].split(' ').map(Number)) total.push(total[total.length - 1] + water);
const answers = [];
for (let i = 0; i < q; i++) {
  const [a, b] = lines[2 + i].split(' ').map(Number);
  answers.push(total[b] - total[a - 1] + (a > b ? total[n] : 0));
}
console.log(answers.join('\n'));
