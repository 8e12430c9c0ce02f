"""Writes the SVG elements of the charts.

Horizontal positions are percentages and vertical positions are pixels, so that a chart fits any width while its text
keeps its size; there is no viewBox to scale it. Names and figures are printed in margins that the style sheet sets in
pixels: there the drawing overflows its box.
"""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape


def element(tag: str, *children: object, **attributes: object) -> Markup:
    """Writes one element; escapes `children` that are not Markup. `class_` gives class, `text_anchor` text-anchor."""
    written = Markup("").join(
        Markup(' {}="{}"').format(Markup(name.rstrip("_").replace("_", "-")), value)
        for name, value in attributes.items()
        if value is not None
    )
    return Markup("<{0}{1}>{2}</{0}>").format(
        Markup(tag), written, Markup("").join(escape(child) for child in children)
    )


def picture(class_: str, title: str, description: str, height: float, children: Iterable[Markup]) -> Markup:
    """Writes a whole chart, `height` pixels high, with a title and a description for screen readers."""
    return element(
        "svg",
        element("title", title),
        element("desc", description),
        *children,
        role="img",
        aria_label=f"{title}. {description}",
        class_=class_,
        height=f"{height:g}",
    )


def percent(share: float) -> str:
    """Formats a horizontal position, 0 to 1, as an SVG percentage."""
    return f"{100 * share:.3f}%"


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """Writes a line; x as shares 0 to 1, y in pixels."""
    return element("line", x1=percent(x1), y1=f"{y1:.1f}", x2=percent(x2), y2=f"{y2:.1f}", class_=class_)


def dot(x: float, y: float, radius: float, class_: str) -> Markup:
    """Writes a circle; x as a share 0 to 1, y and radius in pixels."""
    return element("circle", cx=percent(x), cy=f"{y:.1f}", r=radius, class_=class_)


def bar(x: float, width: float, top: float, bottom: float, class_: str) -> Markup:
    """Writes an upright rectangle; x and width as shares 0 to 1, top and bottom in pixels."""
    return element(
        "rect", x=percent(x), y=f"{top:.1f}", width=percent(width), height=f"{bottom - top:.1f}", class_=class_
    )


def text(x: float, y: float, words: str, class_: str = "", *, anchor: str = "start", dx: float = 0) -> Markup:
    """Writes text with its baseline at y pixels; x as a share 0 to 1, shifted by dx pixels into a margin."""
    place = {"x": percent(x), "dx": f"{dx:g}" if dx else None, "y": f"{y:.1f}"}
    return element("text", words, **place, text_anchor=anchor, class_=class_ or None)


def lowered(top: float, children: Iterable[Markup]) -> Markup:
    """Moves elements down by `top` pixels."""
    return element("g", *children, transform=f"translate(0 {top:g})")
