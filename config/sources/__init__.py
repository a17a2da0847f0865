"""What users already have: files in which somebody else's tool keeps, or prints, the settings of a pipeline."""
