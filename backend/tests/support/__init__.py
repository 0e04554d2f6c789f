"""What the tests share: fixtures of servers and sources, a runner of scripts, the policy of skips."""
