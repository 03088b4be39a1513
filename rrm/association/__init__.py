"""What methods of the association problem share: a master of columns, a tree."""
