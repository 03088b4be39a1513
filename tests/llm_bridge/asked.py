"""A language model for tests that answers none and keeps its prompts."""


class Asked:
    """Keeps what it was asked."""

    name = "asked"

    def __init__(self):
        self.prompts = []

    def answer(self, prompt, seconds):
        """Keep the prompt; there is no item."""
        self.prompts.append(prompt)
        return '{"kind": "none"}'
