"""What the design document says in figures: its generated tables, the cost model, the simulation of key heat."""
