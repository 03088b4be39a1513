"""What single commands of ``rrm`` do, apart from their arguments."""
