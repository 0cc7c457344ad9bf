"""What people type into the search box: a fixed archive, queries with their meaning, and the share that is answered."""
