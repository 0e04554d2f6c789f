"""Read paths taken over in stages: flags in the table, gates, shadow reads, reports, rollback."""
