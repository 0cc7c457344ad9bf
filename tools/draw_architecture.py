"""Draw docs/images/architecture.svg and .png: boxes and arrows, placed by hand in the tables below.

`make docs` runs it. The picture brings its own light card, so that it reads on dark pages and light ones.
"""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

IMAGES = Path(__file__).parents[1] / "docs" / "images"
CHROMIUM = "/usr/bin/chromium"

WIDTH, HEIGHT = 1180, 640
BOX_WIDTH, BOX_HEIGHT = 174, 62
FONT = "font-family='DejaVu Sans, Verdana, sans-serif'"

STORE, COMPUTE, QUEUE, OUTSIDE, WATCH = "#2f6f4e", "#b4540a", "#9b2c5c", "#3b4252", "#5b4aa0"

# Name -> centre, title, subtitle, colour.
BOXES: dict[str, tuple[int, int, str, str, str]] = {
    "you": (120, 130, "You", "aws s3 cp, import, gallery", OUTSIDE),
    "images": (345, 130, "Images bucket", "S3, versioned", STORE),
    "queue": (570, 130, "Queue", "SQS", QUEUE),
    "dead": (345, 270, "Dead letters", "SQS, alarm", QUEUE),
    "processing": (795, 130, "image_processing", "Lambda, 10 per batch", COMPUTE),
    "rekognition": (1040, 60, "Detector", "Rekognition / our engine", OUTSIDE),
    "derived": (1040, 200, "Derived bucket", "analyses, thumbnails", STORE),
    "second": (570, 46, "Second stage", "SQS: text, faces", QUEUE),
    "table": (795, 430, "Catalog", "DynamoDB / SQLite", STORE),
    "statistics": (1040, 430, "label_statistics", "Lambda (DynamoDB only)", COMPUTE),
    "api": (345, 430, "REST API", "API Gateway, AWS_IAM", QUEUE),
    "handler": (570, 430, "api_handler", "Lambda", COMPUTE),
    "caller": (120, 430, "Callers", "SDKs, gallery, Postman", OUTSIDE),
    "watch": (345, 560, "CloudWatch, X-Ray", "logs, metrics, traces", WATCH),
    "topic": (570, 560, "Alarm topic", "SNS, e-mail", WATCH),
}

# From, to, words beside the arrow, the words' offset from its middle.
ARROWS: list[tuple[str, str, str, int, int]] = [
    ("you", "images", "put", 0, -8),
    ("images", "queue", "event", 0, -8),
    ("queue", "processing", "batch", 0, -8),
    ("queue", "dead", "8 deliveries", -44, -4),
    ("processing", "rekognition", "picture", -6, -14),
    ("processing", "derived", "by content", -4, 24),
    ("processing", "table", "image and postings, one transaction", 122, 4),
    ("second", "processing", "after the labels", 74, -16),
    ("table", "statistics", "stream", 0, -8),
    ("statistics", "table", "", 0, 0),
    ("caller", "api", "SigV4", 0, -8),
    ("api", "handler", "", 0, 0),
    ("handler", "table", "query", 0, -8),
    ("handler", "queue", "analyse again", 50, 4),
    ("watch", "topic", "alarms", 0, -8),
]


def main() -> None:
    """Write both files."""
    drawing = svg()
    IMAGES.mkdir(parents=True, exist_ok=True)
    (IMAGES / "architecture.svg").write_text(drawing)
    (IMAGES / "architecture.png").write_bytes(png(drawing))


def svg() -> str:
    """Return the drawing."""
    head = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' width='{WIDTH}' height='{HEIGHT}' "
        "role='img' aria-label='How an image goes through Viewfinder'>"
        "<defs><marker id='tip' viewBox='0 0 10 10' refX='9' refY='5' markerWidth='7' markerHeight='7' orient='auto'>"
        "<path d='M0 0 L10 5 L0 10 z' fill='#4c566a'/></marker></defs>"
    )
    parts = [
        head,
        f"<rect x='1' y='1' width='{WIDTH - 2}' height='{HEIGHT - 2}' rx='18' fill='#fbfaf7' stroke='#c9c5ba'/>",
        *(_arrow(*arrow) for arrow in ARROWS),
        *(_box(*box) for box in BOXES.values()),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def png(drawing: str) -> bytes:
    """Render the drawing at twice its size."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=2)
        page.set_content(f"<style>body {{ margin: 0 }}</style>{drawing}")
        picture = page.locator("svg").screenshot(omit_background=True)
        browser.close()
    return picture


def _box(x: int, y: int, title: str, subtitle: str, colour: str) -> str:
    left, top = x - BOX_WIDTH // 2, y - BOX_HEIGHT // 2
    return (
        f"<rect x='{left}' y='{top}' width='{BOX_WIDTH}' height='{BOX_HEIGHT}' rx='10' fill='white' "
        f"stroke='{colour}' stroke-width='2'/>"
        f"<rect x='{left}' y='{top}' width='6' height='{BOX_HEIGHT}' rx='3' fill='{colour}'/>"
        f"<text x='{x}' y='{y - 4}' text-anchor='middle' {FONT} font-size='14' font-weight='600' "
        f"fill='#20242c'>{escape(title)}</text>"
        f"<text x='{x}' y='{y + 16}' text-anchor='middle' {FONT} font-size='11.5' "
        f"fill='#4c566a'>{escape(subtitle)}</text>"
    )


def _arrow(start: str, end: str, words: str, right: int, down: int) -> str:
    (from_x, from_y, *_), (to_x, to_y, *_) = BOXES[start], BOXES[end]
    shift = 14 if (end, start) in {(one, other) for one, other, *_ in ARROWS} else 0
    shift = shift if start < end else -shift  # two arrows between the same boxes run beside each other
    x1, y1 = _edge(from_x, from_y, to_x, to_y)
    x2, y2 = _edge(to_x, to_y, from_x, from_y)
    label = (
        f"<text x='{(x1 + x2) / 2 + right:.0f}' y='{(y1 + y2) / 2 + down + shift:.0f}' text-anchor='middle' {FONT} "
        f"font-size='11.5' fill='#4c566a'>{escape(words)}</text>"
    )
    line = (
        f"<line x1='{x1:.0f}' y1='{y1 + shift:.0f}' x2='{x2:.0f}' y2='{y2 + shift:.0f}' stroke='#4c566a' "
        "stroke-width='1.6' marker-end='url(#tip)'/>"
    )
    return line + (label if words else "")


def _edge(x: int, y: int, other_x: int, other_y: int) -> tuple[float, float]:
    """Return the point where the line to the other box leaves this one."""
    dx, dy = other_x - x, other_y - y
    half_width, half_height = BOX_WIDTH / 2 + 3, BOX_HEIGHT / 2 + 3
    scale = min(half_width / abs(dx) if dx else 9e9, half_height / abs(dy) if dy else 9e9)
    return x + dx * scale, y + dy * scale


if __name__ == "__main__":
    main()
