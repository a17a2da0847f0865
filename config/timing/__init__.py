"""What was measured of a pipeline, and the numbers of its configuration that time decides on."""
