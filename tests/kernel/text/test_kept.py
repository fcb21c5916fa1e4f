from coordinator.kernel.text import kept


def test_a_short_text_is_read_once_and_a_long_one_each_time() -> None:
    """What is kept of whatever agents write stays small."""
    read: list[str] = []

    @kept.for_short
    def first_word(text: str) -> str:
        """Return the first word."""
        read.append(text)
        return text.split(maxsplit=1)[0]

    long = "long " * 1000
    said = [first_word(x) for x in ("a b", "a b", long, long)]
    assert said == ["a", "a", "long", "long"]
    assert read == ["a b", long, long]
    assert first_word.__doc__ == "Return the first word."
