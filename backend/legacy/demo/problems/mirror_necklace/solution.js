const beads = [...require('fs').readFileSync(0, 'utf8').trim()];
let replaced = 0;
for (let left = 0, right = beads.length - 1; left < right; left += 1, right -= 1) {
  if (beads[left] !== beads[right]) {
    const smaller = beads[left] < beads[right] ? beads[left] : beads[right];
    beads[left] = smaller;
    beads[right] = smaller;
    replaced += 1;
  }
}
console.log(replaced);
console.log(beads.join(''));
