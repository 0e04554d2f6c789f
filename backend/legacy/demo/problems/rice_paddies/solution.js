const lines = require('fs').readFileSync(0, 'utf8').trim().split('\n');
const [rows, columns] = lines[0].split(' ').map(Number);
const plain = lines.slice(1, rows + 1).map((line) => [...line]);
let count = 0;
let largest = 0;
for (let i = 0; i < rows; i++) {
  for (let j = 0; j < columns; j++) {
    if (plain[i][j] === '#') continue;
    const stack = [[i, j]];
    let size = 0;
    let leaks = false;
    plain[i][j] = '#';
    while (stack.length > 0) {
      const [r, c] = stack.pop();
      size++;
      if (r === 0 || r === rows - 1 || c === 0 || c === columns - 1) leaks = true;
      for (const [y, x] of [[r + 1, c], [r - 1, c], [r, c + 1], [r, c - 1]]) {
        if (y >= 0 && y < rows && x >= 0 && x < columns && plain[y][x] === '.') {
          plain[y][x] = '#';
          stack.push([y, x]);
        }
      }
    }
    if (!leaks) {
      count++;
      largest = Math.max(largest, size);
    }
  }
}
console.log(`${count} ${largest}`);
