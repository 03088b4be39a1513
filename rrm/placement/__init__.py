"""What methods of the placement problem share: descents on prices, moves, service."""
