"""Methods: a folder per problem, a file per method, found without a list."""
