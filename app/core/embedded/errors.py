"""What the embedded server may fail with."""


class EmbeddedError(Exception):
    """The embedded PostgreSQL can't be used: one sentence for a person, and a hint what to do about it.

    Meant to be printed as it is, without a traceback. Holds no password and no personal data.
    """

    def __init__(self, sentence: str, hint: str) -> None:
        super().__init__(f"{sentence} {hint}")
        self.sentence = sentence
        self.hint = hint
