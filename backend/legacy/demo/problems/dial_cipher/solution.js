const [key, text] = require('fs').readFileSync(0, 'utf8').split('\n');
let used = 0;
const plain = text.replace(/[A-Za-z]/g, (letter) => {
  const base = letter >= 'a' ? 97 : 65;
  const shift = Number(key[used % key.length]);
  used += 1;
  return String.fromCharCode(((letter.charCodeAt(0) - base - shift + 26) % 26) + base);
});
console.log(plain);
