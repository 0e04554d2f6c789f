"""Cutover, rollback and the end: carries out the steps of `live.phases` on the stores.

`switch` is the loop over steps. `forward` is the work on the way to DynamoDB, `back` that on the way back and the loop
that keeps MySQL equal. `trial` proves beforehand that the direction back works, `last_proof` that both stores agree.
"""
