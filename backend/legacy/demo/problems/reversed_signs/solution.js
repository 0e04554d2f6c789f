const [, ...signs] = require('fs').readFileSync(0, 'utf8').trimEnd().split('\n');
const mirrored = (word) => (/^\d+$/.test(word) ? word : [...word].reverse().join(''));
console.log(signs.map((sign) => sign.split(' ').map(mirrored).join(' ')).join('\n'));
