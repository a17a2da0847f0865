"""What users write: files, lines, tables and words, and what is wrong with them."""
