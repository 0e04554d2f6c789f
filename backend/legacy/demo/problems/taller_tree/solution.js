const lines = require('fs').readFileSync(0, 'utf8').trim().split('\n');
const n = Number(lines[0]);
const x = lines[1].split(' ').map(Number);
const heights = lines[2].split(' ').map(Number);

function nearestTaller(order) {
  const target = new Array(n).fill(-1);
  const stack = [];
  for (const i of order) {
    while (stack.length > 0 && heights[stack[stack.length - 1]] <= heights[i]) stack.pop();
    if (stack.length > 0) target[i] = stack[stack.length - 1];
    stack.push(i);
  }
  return target;
}

const order = x.map((_, i) => i);
const west = nearestTaller(order);
const east = nearestTaller(order.reverse());
const answer = [];
for (let i = 0; i < n; i++) {
  if (west[i] < 0 || east[i] < 0) answer.push(Math.max(west[i], east[i]) + 1);
  else answer.push((x[i] - x[west[i]] <= x[east[i]] - x[i] ? west[i] : east[i]) + 1);
}
console.log(answer.join(' '));
