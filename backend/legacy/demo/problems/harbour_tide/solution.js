const lines = require('fs').readFileSync(0, 'utf8').trim().split('\n');
const [rows, columns, k] = lines[0].split(' ').map(Number);
const harbour = lines.slice(1, rows + 1);

function cell(letter) {
  const r = harbour.findIndex((row) => row.includes(letter));
  return [r, harbour[r].indexOf(letter)];
}

function earliest([startRow, startColumn], [endRow, endColumn]) {
  const visited = new Set();
  const queue = [[startRow, startColumn, 0]];
  visited.add((startRow * columns + startColumn) * 2 * k);
  for (let front = 0; front < queue.length; front++) {
    const [r, c, departure] = queue[front];
    if (r === endRow && c === endColumn) return departure;
    const time = departure + 1;
    for (const [y, x] of [[r, c], [r + 1, c], [r - 1, c], [r, c + 1], [r, c - 1]]) {
      if (y < 0 || y >= rows || x < 0 || x >= columns || harbour[y][x] === '#') continue;
      if (harbour[y][x] === '~' && Math.floor(time / k) % 2 === 1) continue;
      const state = (y * columns + x) * 2 * k + (time % (2 * k));
      if (visited.has(state)) continue;
      visited.add(state);
      queue.push([y, x, time]);
    }
  }
  return -1;
}

console.log(earliest(cell('S'), cell('E')));
