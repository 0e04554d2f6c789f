"""Parts of Python and JavaScript programs that runs of the demonstration are put together from."""

from __future__ import annotations

from typing import NamedTuple


class Parts(NamedTuple):
    """One language's parts; `$name` stands for a variable whose name varies from run to run."""

    name: str
    comment: str
    opening: str
    helpers: tuple[str, ...]
    mains: tuple[str, ...]
    closing: str
    table: tuple[str, str]


PYTHON = Parts(
    name="python",
    comment="#",
    opening="import sys\nfrom collections import defaultdict, deque\nfrom heapq import heappop, heappush\n\n"
    "input = sys.stdin.readline\nINF = $inf\n\n",
    helpers=(
        '''
def dijkstra($graph, source):
    """source에서 모든 정점까지의 최단 거리"""
    $best = [INF] * len($graph)
    $best[source] = 0
    $queue = [(0, source)]
    while $queue:
        cost, u = heappop($queue)
        if cost > $best[u]:
            continue  # 이미 더 짧은 길을 찾음
        for v, w in $graph[u]:
            if cost + w < $best[v]:
                $best[v] = cost + w
                heappush($queue, ($best[v], v))
    return $best
''',
        """
def find(parent, x):
    while parent[x] != x:
        parent[x] = parent[parent[x]]
        x = parent[x]
    return x


def union(parent, a, b):
    a, b = find(parent, a), find(parent, b)
    if a == b:
        return False
    parent[max(a, b)] = min(a, b)
    return True
""",
        """
def bfs(board, start):
    h, w = len(board), len(board[0])
    $best = [[-1] * w for _ in range(h)]
    $best[start[0]][start[1]] = 0
    $queue = deque([start])
    while $queue:
        y, x = $queue.popleft()
        for dy, dx in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            ny, nx = y + dy, x + dx
            if 0 <= ny < h and 0 <= nx < w and board[ny][nx] != '#' and $best[ny][nx] < 0:
                $best[ny][nx] = $best[y][x] + 1
                $queue.append((ny, nx))
    return $best
""",
        """
def lower_bound($arr, target):
    lo, hi = 0, len($arr)
    while lo < hi:
        mid = (lo + hi) // 2
        if $arr[mid] < target:
            lo = mid + 1
        else:
            hi = mid
    return lo
""",
        """
def sieve(limit):
    composite = bytearray(limit + 1)
    primes = []
    for p in range(2, limit + 1):
        if composite[p]:
            continue
        primes.append(p)
        composite[p * p::p] = b'\\x01' * len(range(p * p, limit + 1, p))
    return primes
""",
        """
class Fenwick:
    def __init__(self, size):
        self.tree = [0] * (size + 1)

    def add(self, i, delta):
        while i < len(self.tree):
            self.tree[i] += delta
            i += i & -i

    def total(self, i):
        result = 0
        while i:
            result += self.tree[i]
            i &= i - 1
        return result
""",
    ),
    mains=(
        """
def main():
    $n, m = map(int, input().split())
    $graph = defaultdict(list)
    for _ in range(m):
        a, b, c = map(int, input().split())
        $graph[a].append((b, c))
        $graph[b].append((a, c))  # 양방향 간선
    print($n, len($graph), $mod)


main()
""",
        """
def solve():
    $n = int(input())
    $arr = sorted(map(int, input().split()))
    $best = 0
    left, right = 0, $n - 1
    while left < right:
        s = $arr[left] + $arr[right]
        if s == 0:
            $best += 1
        if s < 0:
            left += 1
        else:
            right -= 1
    return $best % $mod


print(solve())
""",
        """
if __name__ == '__main__':
    $n, limit = map(int, input().split())
    dp = [0] * (limit + 1)
    for _ in range($n):
        weight, value = map(int, input().split())
        for w in range(limit, weight - 1, -1):
            dp[w] = max(dp[w], dp[w - weight] + value)
    print(max(dp))
""",
    ),
    closing="",
    table=("TABLE = [", "]"),
)

JAVASCRIPT = Parts(
    name="javascript",
    comment="//",
    opening="'use strict';\nconst lines = require('fs').readFileSync(0, 'utf8').split('\\n');\n"
    "const INF = $inf;\nlet cursor = 0;\n",
    helpers=(
        """
const readNumbers = () => lines[cursor++].trim().split(/\\s+/).map(Number);
""",
        """
class MinHeap {
  constructor() {
    this.items = [];
  }

  push(item) {
    const a = this.items;
    let i = a.push(item) - 1;
    while (i > 0) {
      const p = (i - 1) >> 1;
      if (a[p][0] <= a[i][0]) break;
      [a[p], a[i]] = [a[i], a[p]];
      i = p;
    }
  }

  get size() {
    return this.items.length;
  }
}
""",
        """
// 정렬된 배열에서 target 이상이 처음 나오는 위치
function lowerBound($arr, target) {
  let lo = 0;
  let hi = $arr.length;
  while (lo < hi) {
    const mid = (lo + hi) >>> 1;
    if ($arr[mid] < target) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}
""",
        """
function longestIncreasing($arr) {
  const $best = [];
  for (const value of $arr) {
    const at = lowerBound($best, value);
    $best[at] = value;
  }
  return $best.length;
}
""",
        """
const gcd = (a, b) => (b === 0 ? a : gcd(b, a % b));
""",
        """
function memoize(fn) {
  const $queue = new Map();
  return (key) => {
    if (!$queue.has(key)) $queue.set(key, fn(key));
    return $queue.get(key);
  };
}
""",
    ),
    mains=(
        """
const [$n, m] = readNumbers();
const $graph = Array.from({ length: $n + 1 }, () => []);
for (let i = 0; i < m; i++) {
  const [a, b, c] = readNumbers();
  $graph[a].push([b, c]);
}
console.log($graph.map((edges) => edges.length).join(' '));
""",
        """
const $n = Number(lines[cursor++]);
const $arr = lines[cursor++].split(' ').map(Number);
const seen = new Map();
let $best = 0;
for (let i = 0; i < $n; i++) {
  const rest = $mod - $arr[i];
  if (seen.has(rest)) $best += seen.get(rest);
  seen.set($arr[i], (seen.get($arr[i]) || 0) + 1);
}
console.log($best);
""",
        """
var solve = function (s) {
  const stack = [];
  const pairs = { ')': '(', ']': '[', '}': '{' };
  for (const ch of s) {
    if (!(ch in pairs)) stack.push(ch);
    else if (stack.pop() !== pairs[ch]) return false;  // 짝이 맞지 않음
  }
  return stack.length === 0;
};
console.log(solve(lines[0]) ? 'YES' : 'NO');
""",
    ),
    closing="",
    table=("const TABLE = [", "];"),
)
