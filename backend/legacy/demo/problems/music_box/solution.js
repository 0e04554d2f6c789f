const [drum, melody] = require('fs').readFileSync(0, 'utf8').trim().split('\n');
const n = drum.length;
const m = melody.length;
const border = new Array(m).fill(0);
let matched = 0;
for (let i = 1; i < m; i++) {
  while (matched > 0 && melody[i] !== melody[matched]) matched = border[matched - 1];
  if (melody[i] === melody[matched]) matched++;
  border[i] = matched;
}
const starts = [];
matched = 0;
for (let i = 0; i < n + m - 1; i++) {
  const note = drum[i % n];
  while (matched > 0 && note !== melody[matched]) matched = border[matched - 1];
  if (note === melody[matched]) matched++;
  if (matched === m) {
    starts.push(i - m + 2);
    matched = border[matched - 1];
  }
}
console.log(`${starts.length} ${starts.length > 0 ? starts[0] : 0}`);
