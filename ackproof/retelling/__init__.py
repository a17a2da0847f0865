"""Executions once they are found: taken again, told, drawn, walked through."""
