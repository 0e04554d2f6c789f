"""The hints page of a run: steps that are opened one by one."""
