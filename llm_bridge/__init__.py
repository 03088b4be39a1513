"""Context reports: what a language model or an operator tells the engine."""
