const [, ...lines] = require('fs').readFileSync(0, 'utf8').trim().split('\n');
const sales = new Map();
for (const line of lines) {
  const [name, quantity, price] = line.split(' ');
  sales.set(name, (sales.get(name) ?? 0) + quantity * price);
}
const ordered = [...sales].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
console.log(ordered.map(([name, total]) => `${name} ${total}`).join('\n'));
