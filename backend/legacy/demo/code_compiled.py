"""Parts of C++ and Java programs that runs of the demonstration are put together from."""

from __future__ import annotations

from legacy.demo.code_scripting import Parts

CPP = Parts(
    name="cpp",
    comment="//",
    opening="#include <bits/stdc++.h>\nusing namespace std;\n\ntypedef long long ll;\nconst ll INF = $inf;\n"
    "const int MOD = $mod;\n",
    helpers=(
        """
int parent[200005];

int find(int x) {
    return parent[x] == x ? x : parent[x] = find(parent[x]);
}

bool unite(int a, int b) {
    a = find(a), b = find(b);
    if (a == b) return false;
    parent[b] = a;
    return true;
}
""",
        """
// 다익스트라: O((V + E) log V)
vector<ll> dijkstra(const vector<vector<pair<int, ll>>> &$graph, int s) {
    vector<ll> $best($graph.size(), INF);
    priority_queue<pair<ll, int>, vector<pair<ll, int>>, greater<>> $queue;
    $best[s] = 0;
    $queue.push({0, s});
    while (!$queue.empty()) {
        auto [cost, u] = $queue.top();
        $queue.pop();
        if (cost > $best[u]) continue;
        for (auto [v, w] : $graph[u]) {
            if (cost + w < $best[v]) {
                $best[v] = cost + w;
                $queue.push({$best[v], v});
            }
        }
    }
    return $best;
}
""",
        """
ll power(ll base, ll exp) {
    ll result = 1;
    for (base %= MOD; exp > 0; exp >>= 1) {
        if (exp & 1) result = result * base % MOD;
        base = base * base % MOD;
    }
    return result;
}
""",
        """
struct SegmentTree {
    int leaves;
    vector<ll> sum;

    SegmentTree(int $n) : leaves(1) {
        while (leaves < $n) leaves <<= 1;
        sum.assign(leaves * 2, 0);
    }

    void update(int i, ll value) {
        for (sum[i += leaves] = value; i > 1; i >>= 1) sum[i >> 1] = sum[i] + sum[i ^ 1];
    }

    ll query(int l, int r) {
        ll result = 0;
        for (l += leaves, r += leaves; l < r; l >>= 1, r >>= 1) {
            if (l & 1) result += sum[l++];
            if (r & 1) result += sum[--r];
        }
        return result;
    }
};
""",
    ),
    mains=(
        """
int main() {
    ios::sync_with_stdio(false);
    cin.tie(nullptr);
    int $n, m;
    cin >> $n >> m;
    vector<vector<pair<int, ll>>> $graph($n + 1);
    for (int i = 0; i < m; i++) {
        int a, b;
        ll c;
        cin >> a >> b >> c;
        $graph[a].push_back({b, c});
    }
    ll $best = 0;
    for (auto &edges : $graph) $best += edges.size();
    cout << $best % MOD << '\\n';
}
""",
        """
int main() {
    int $n;
    scanf("%d", &$n);
    vector<int> $arr($n);
    for (auto &x : $arr) scanf("%d", &x);
    sort($arr.begin(), $arr.end());
    int $best = 0;
    for (int i = 1; i < $n; i++)
        $best = max($best, $arr[i] - $arr[i - 1]);  // 이웃한 두 값의 차이
    printf("%d\\n", $best);
    return 0;
}
""",
        """
class Solution {
public:
    int solve(vector<int> &$arr, int k) {
        unordered_map<int, int> seen;
        int $best = 0, left = 0;
        for (int right = 0; right < (int)$arr.size(); right++) {
            seen[$arr[right]]++;
            while ((int)seen.size() > k) {
                if (--seen[$arr[left]] == 0) seen.erase($arr[left]);
                left++;
            }
            $best = max($best, right - left + 1);
        }
        return $best;
    }
};
""",
    ),
    closing="",
    table=("const int TABLE[] = {", "};"),
)

JAVA = Parts(
    name="java",
    comment="//",
    opening="import java.io.*;\nimport java.util.*;\n\npublic class Main {\n"
    "    static final long INF = $infL;\n"
    "    static final int MOD = $mod;\n",
    helpers=(
        """
    static int gcd(int a, int b) {
        return b == 0 ? a : gcd(b, a % b);
    }
""",
        """
    // 네 방향으로 한 칸씩 퍼져 나간다
    static int[][] bfs(char[][] board, int y, int x) {
        int[][] $best = new int[board.length][board[0].length];
        for (int[] row : $best) Arrays.fill(row, -1);
        Deque<int[]> $queue = new ArrayDeque<>();
        $best[y][x] = 0;
        $queue.add(new int[] {y, x});
        int[] dy = {1, -1, 0, 0};
        int[] dx = {0, 0, 1, -1};
        while (!$queue.isEmpty()) {
            int[] now = $queue.poll();
            for (int d = 0; d < 4; d++) {
                int ny = now[0] + dy[d];
                int nx = now[1] + dx[d];
                if (ny < 0 || nx < 0 || ny >= board.length || nx >= board[0].length) continue;
                if (board[ny][nx] == '#' || $best[ny][nx] >= 0) continue;
                $best[ny][nx] = $best[now[0]][now[1]] + 1;
                $queue.add(new int[] {ny, nx});
            }
        }
        return $best;
    }
""",
        """
    static class Edge implements Comparable<Edge> {
        final int from;
        final int to;
        final long cost;

        Edge(int from, int to, long cost) {
            this.from = from;
            this.to = to;
            this.cost = cost;
        }

        @Override
        public int compareTo(Edge other) {
            return Long.compare(cost, other.cost);
        }
    }
""",
        """
    static boolean nextPermutation(int[] $arr) {
        int i = $arr.length - 2;
        while (i >= 0 && $arr[i] >= $arr[i + 1]) i--;
        if (i < 0) return false;
        int j = $arr.length - 1;
        while ($arr[j] <= $arr[i]) j--;
        int t = $arr[i];
        $arr[i] = $arr[j];
        $arr[j] = t;
        Arrays.sort($arr, i + 1, $arr.length);
        return true;
    }
""",
    ),
    mains=(
        """
    public static void main(String[] args) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        int $n = Integer.parseInt(in.readLine().trim());
        StringTokenizer st = new StringTokenizer(in.readLine());
        long[] $arr = new long[$n + 1];
        for (int i = 1; i <= $n; i++) {
            $arr[i] = $arr[i - 1] + Long.parseLong(st.nextToken());  // 누적 합
        }
        System.out.println($arr[$n] % MOD);
    }
""",
        """
    public static void main(String[] args) {
        Scanner sc = new Scanner(System.in);
        int $n = sc.nextInt();
        long[] dp = new long[$n + 2];
        dp[0] = 1;
        dp[1] = 1;
        for (int i = 2; i <= $n; i++) {
            dp[i] = (dp[i - 1] + dp[i - 2]) % MOD;
        }
        System.out.println(dp[$n]);
    }
""",
    ),
    closing="}\n",
    table=("    static final int[] TABLE = {", "    };"),
)
