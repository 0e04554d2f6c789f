"""The changes of the service's own table, one file each; `lifecycle.change_files` documents their format."""
