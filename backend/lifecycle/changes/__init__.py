"""The changes of AlgoItny's own table, one file each; what a file looks like stands in `lifecycle.files`."""
