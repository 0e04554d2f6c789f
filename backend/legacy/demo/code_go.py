"""Parts of Go programs that runs of the demonstration are put together from; data, no logic."""

from __future__ import annotations

from legacy.demo.code_scripting import Parts

GO = Parts(
    name="go",
    comment="//",
    opening='package main\n\nimport (\n\t"bufio"\n\t"fmt"\n\t"os"\n\t"sort"\n)\n\n'
    "const inf = $inf\nconst mod = $mod\n",
    helpers=(
        """
type item struct {
	node int
	cost int64
}
""",
        """
// 절댓값
func abs(x int) int {
	if x < 0 {
		return -x
	}
	return x
}
""",
        """
func topological($graph [][]int) []int {
	degree := make([]int, len($graph))
	for _, edges := range $graph {
		for _, v := range edges {
			degree[v]++
		}
	}
	$queue := []int{}
	for v, d := range degree {
		if d == 0 {
			$queue = append($queue, v)
		}
	}
	for i := 0; i < len($queue); i++ {
		for _, v := range $graph[$queue[i]] {
			degree[v]--
			if degree[v] == 0 {
				$queue = append($queue, v)
			}
		}
	}
	return $queue
}
""",
        """
func countPairs($arr []int, k int) int {
	sort.Ints($arr)
	$best := 0
	for i := range $arr {
		j := sort.SearchInts($arr[i+1:], $arr[i]+k)
		$best += j
	}
	return $best
}
""",
    ),
    mains=(
        """
func main() {
	in := bufio.NewReader(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()

	var $n int
	fmt.Fscan(in, &$n)
	$arr := make([]int, $n)
	for i := range $arr {
		fmt.Fscan(in, &$arr[i])
	}
	sort.Ints($arr)
	fmt.Fprintln(out, $arr[$n/2]%mod)  // 중앙값
}
""",
        """
func main() {
	var $n, limit int
	fmt.Scan(&$n, &limit)
	dp := make([]int, limit+1)
	dp[0] = 1
	for i := 0; i < $n; i++ {
		var coin int
		fmt.Scan(&coin)
		for v := coin; v <= limit; v++ {
			dp[v] = (dp[v] + dp[v-coin]) % mod
		}
	}
	fmt.Println(dp[limit])
}
""",
    ),
    closing="",
    table=("var table = []int{", "}"),
)
