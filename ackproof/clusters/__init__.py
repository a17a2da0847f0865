"""What lives: clusters that are asked or simulated, and what configures them."""
