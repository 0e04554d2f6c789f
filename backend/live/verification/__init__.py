"""Proves while following that source and table agree, and tells persistent differences from moving ones.

`proof` is one pass: the move's own verification of everything, then what differed or changed is compared again.
`recheck` compares single records behind the barrier, with the verification's independent code.
"""
