"""Record batches: what a log holds, byte for byte."""
