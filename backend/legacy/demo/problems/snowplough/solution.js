const lines = require('fs').readFileSync(0, 'utf8').trim().split('\n');
const [rows, columns] = lines[0].split(' ').map(Number);
const snow = lines.slice(1, rows + 1).map((line) => line.split(' ').map(Number));
const steps = [[0, 1], [1, 0], [0, -1], [-1, 0]];
const inside = (r, c) => r >= 0 && r < rows && c >= 0 && c < columns;
let r = 0;
let c = 0;
let direction = 0;
for (const command of lines[rows + 1].trim()) {
  if (command === 'L') direction = (direction + 3) % 4;
  else if (command === 'R') direction = (direction + 1) % 4;
  else {
    const [dr, dc] = steps[direction];
    if (!inside(r + dr, c + dc)) continue;
    r += dr;
    c += dc;
    const [sr, sc] = steps[(direction + 1) % 4];
    if (inside(r + sr, c + sc)) snow[r + sr][c + sc] += snow[r][c];
    snow[r][c] = 0;
  }
}
const cells = snow.flat();
console.log(`${cells.reduce((a, b) => a + b, 0)} ${Math.max(...cells)}`);
console.log(`${r + 1} ${c + 1}`);
