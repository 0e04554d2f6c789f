const lines = require('fs').readFileSync(0, 'utf8').trim().split('\n');
const root = { passing: 0, children: new Map() };
const answers = [];
for (const line of lines.slice(1)) {
  const [sign, name] = line.split(' ');
  let node = root;
  for (const letter of name) {
    if (!node.children.has(letter)) {
      if (sign === '?') {
        node = null;
        break;
      }
      node.children.set(letter, { passing: 0, children: new Map() });
    }
    node = node.children.get(letter);
    if (sign === '+') node.passing++;
    if (sign === '-') node.passing--;
  }
  if (sign === '?') answers.push(node === null ? 0 : node.passing);
}
console.log(answers.join('\n'));
