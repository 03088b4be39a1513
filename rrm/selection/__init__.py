"""What the selector knows: features of problems, forests, schedules."""
