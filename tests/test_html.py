"""HTML for notebooks: nothing breaks out, nothing is large."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from amlwrap._html import MAX_BYTES, escape, paragraph, plain, table

HOSTILE = """</td><script>alert("1")</script><img src=x onerror='alert(1)'>&amp;\n\x00\u202e{{7*7}}"""


class Seen(HTMLParser):
    """The tags, attributes and text of some HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop()

    def handle_data(self, data: str) -> None:
        self.text += data


def inspected(html: str) -> Seen:
    """What is in *html*, which must be small, whole and harmless."""
    seen = Seen(html)
    assert [] == seen.open
    assert set(seen.tags) <= {"p", "b", "table", "tr", "th", "td", "ul", "li", "pre"}
    assert seen.attributes <= {"style"}
    assert len(html.encode()) < MAX_BYTES
    return seen


@given(st.text(), st.lists(st.tuples(st.text(), st.text()), max_size=5), st.text(max_size=80))
def test_any_text_stays_text(caption: str, rows: list[tuple[str, str]], more: str) -> None:
    """As many cells as were given, and no tag but ours."""
    seen = inspected(table(caption, ("a", "b"), rows, more=more))

    assert (2, 2 * len(rows)) == (seen.tags.count("th"), seen.tags.count("td"))


@given(st.text())
def test_words_come_through(text: str) -> None:
    """What can be printed is shown as it is, on one line, until it is too long."""
    expected = "".join(character if character.isprintable() else " " for character in text)

    assert expected == Seen(escape(text, 10_000)).text == plain(text, 10_000)
    assert len(plain(text, 5)) <= 5


def test_what_does_not_fit_is_counted() -> None:
    """A thousand rows of the worst there is."""
    seen = inspected(table(HOSTILE, [HOSTILE] * 3, [["\U0001f4a3" * 50, '"' * 50, HOSTILE]] * 1000))

    n_shown = seen.tags.count("td") // 3
    assert n_shown > 2
    assert f"… and {1000 - n_shown:,} more" in seen.text


def test_a_sentence_is_a_paragraph() -> None:
    """An error's, for instance; however long."""
    assert "<p>a &lt; b</p>" == paragraph("a < b")
    assert inspected(paragraph(HOSTILE * 100)).text.endswith("…")
