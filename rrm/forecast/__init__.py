"""What methods for placement over a forecast share: models, service, cuts, moves."""
