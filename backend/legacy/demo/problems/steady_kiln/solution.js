const lines = require('fs').readFileSync(0, 'utf8').trim().split('\n');
const d = Number(lines[0].split(' ')[1]);
const x = lines[1].split(' ').map(Number);
const highest = [];
const lowest = [];
let highestFront = 0;
let lowestFront = 0;
let length = 0;
let begin = 0;
let left = 0;
x.forEach((value, right) => {
  while (highest.length > highestFront && x[highest[highest.length - 1]] <= value) highest.pop();
  while (lowest.length > lowestFront && x[lowest[lowest.length - 1]] >= value) lowest.pop();
  highest.push(right);
  lowest.push(right);
  while (x[highest[highestFront]] - x[lowest[lowestFront]] > d) {
    left++;
    if (highest[highestFront] < left) highestFront++;
    if (lowest[lowestFront] < left) lowestFront++;
  }
  if (right - left + 1 > length) {
    length = right - left + 1;
    begin = left + 1;
  }
});
console.log(`${length} ${begin}`);
