const lines = require('fs').readFileSync(0, 'utf8').trim().split('\n');
const n = Number(lines[0]);
const roads = Array.from({ length: n }, () => []);
for (let i = 1; i < n; i++) {
  const [a, b, w] = lines[i].split(' ').map(Number);
  roads[a - 1].push([b - 1, w]);
  roads[b - 1].push([a - 1, w]);
}

function distances(start) {
  const distance = new Array(n).fill(-1);
  distance[start] = 0;
  const stack = [start];
  while (stack.length > 0) {
    const a = stack.pop();
    for (const [b, w] of roads[a]) {
      if (distance[b] >= 0) continue;
      distance[b] = distance[a] + w;
      stack.push(b);
    }
  }
  return distance;
}

const farthest = (distance) => distance.indexOf(Math.max(...distance));
const fromU = distances(farthest(distances(0)));
const fromV = distances(farthest(fromU));
console.log(fromU.map((distance, i) => Math.max(distance, fromV[i])).join('\n'));
