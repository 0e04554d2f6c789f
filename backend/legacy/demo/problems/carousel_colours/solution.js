const horses = require('fs').readFileSync(0, 'utf8').trim();
const circle = horses + horses;
let longest = 0;
let length = 0;
for (let i = 0; i < circle.length; i += 1) {
  length = circle[i] === circle[i - 1] ? length + 1 : 1;
  longest = Math.max(longest, length);
}
console.log(Math.min(longest, horses.length));
