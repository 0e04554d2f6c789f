"""Moving data from MySQL into the table: plan, read, map, load, checkpoint, verify."""
