"""From a pipeline to its verdicts, and to what repairs it."""
