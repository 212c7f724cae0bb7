"""Everything a model may look at, and edits of it: packed token sequences, strict views by repacking."""
