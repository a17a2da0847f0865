"""Mechanisms inside clients and tools that decide what an application sees, each as a small system of its own."""
