const [size, ...lines] = require('fs').readFileSync(0, 'utf8').trim().split('\n');
const turns = Number(size.split(' ')[2]) % 4;
let photo = lines;
for (let turn = 0; turn < turns; turn += 1) {
  const upward = [...photo].reverse();
  photo = [...photo[0]].map((_, column) => upward.map((row) => row[column]).join(''));
}
console.log(photo.join('\n'));
