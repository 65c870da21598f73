"""
Recipe expressions written in Python, checked as they are built: ``quantile_bin("age", 30)``.

A string stands for a name, never for an expression: `variable` and a bare string mean the same.
"""

from __future__ import annotations

from amlwrap.documents.recipe_grammar import Call, Term, Variable
from amlwrap.documents.recipe_rules import check_call

__all__ = [
    "cartesian",
    "group",
    "group_remove",
    "lowercase",
    "ngram",
    "no_punct",
    "normalize",
    "osb",
    "quantile_bin",
    "variable",
]


def variable(name: str) -> Variable:
    """
    An attribute, group or assignment by name.

    >>> str(variable("home.dest"))
    "'home.dest'"
    """
    return Variable(name)


def group(*members: Variable | str) -> Call:
    """
    The union of variables and groups, for a recipe's *groups*.

    >>> str(group("fare", "parch"))
    "group('fare','parch')"
    """
    return _call("group", *members)


def group_remove(whole: Variable | str, *members: Variable | str) -> Call:
    """
    The group *whole* without *members*, for a recipe's *groups*.

    >>> str(group_remove("ALL_TEXT", "title"))
    "group_remove(ALL_TEXT,'title')"
    """
    return _call("group_remove", whole, *members)


def ngram(text: Term | str, size: int) -> Call:
    """
    All runs of one to *size* adjacent words.

    Raises:
        DocumentError: *size* is not from 2 to 10.

    >>> str(ngram(lowercase("title"), 2))
    'ngram(lowercase(title),2)'
    """
    return _call("ngram", text, number=size)


def osb(text: Term | str, window: int) -> Call:
    """
    Orthogonal sparse bigrams: each word paired with each of the *window* - 1 words after it.

    Raises:
        DocumentError: *window* is not from 2 to 10.

    >>> str(osb("body", 5))
    'osb(body,5)'
    """
    return _call("osb", text, number=window)


def lowercase(text: Term | str) -> Call:
    """
    A text, or a category, in Unicode lower case.

    >>> str(lowercase("title"))
    'lowercase(title)'
    """
    return _call("lowercase", text)


def no_punct(text: Term | str) -> Call:
    """
    A text, or a category, without the punctuation around each word; marks inside words stay.

    >>> str(no_punct("title"))
    'no_punct(title)'
    """
    return _call("no_punct", text)


def quantile_bin(number: Term | str, bins: int) -> Call:
    """
    A number replaced by which of *bins* equally filled bins it falls into.

    Raises:
        DocumentError: *bins* is not from 5 to 1000.

    >>> str(quantile_bin("age", 30))
    'quantile_bin(age,30)'
    """
    return _call("quantile_bin", number, number=bins)


def normalize(number: Term | str) -> Call:
    """
    A number scaled to mean 0 and variance 1.

    >>> str(normalize("fare"))
    'normalize(fare)'
    """
    return _call("normalize", number)


def cartesian(*factors: Term | str) -> Call:
    """
    Every combination of one token per factor; numbers are binned first.

    Raises:
        DocumentError: Fewer than two factors.

    >>> str(cartesian("job", quantile_bin("age", 10)))
    'cartesian(job,quantile_bin(age,10))'
    """
    return _call("cartesian", *factors)


def _call(function: str, *arguments: Term | str, number: int | None = None) -> Call:
    terms = tuple(Variable(argument) if isinstance(argument, str) else argument for argument in arguments)
    call = Call(function, terms, number)
    check_call(call)
    return call
