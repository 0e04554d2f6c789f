const lines = require('fs').readFileSync(0, 'utf8').trim().split('\n');

function sortAndCount(values) {
  if (values.length < 2) return [values, 0];
  const middle = values.length >> 1;
  const [left, countLeft] = sortAndCount(values.slice(0, middle));
  const [right, countRight] = sortAndCount(values.slice(middle));
  const merged = [];
  let count = countLeft + countRight;
  let i = 0;
  for (const value of right) {
    while (i < left.length && left[i] <= value) merged.push(left[i++]);
    merged.push(value);
    count += left.length - i;
  }
  return [merged.concat(left.slice(i)), count];
}

console.log(3 * sortAndCount(lines[1].split(' ').map(Number))[1]);
