"""Pictures drawn by hand, without a browser and without a library: an SVG is text, and the same text every time."""
