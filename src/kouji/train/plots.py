"""Pictures of a training."""

from __future__ import annotations

from pathlib import Path

from kouji.audio.corpus import read_rows


def plot_losses(folder: Path, picture: Path) -> None:
    """Every loss that the logs in `folder` hold, one small diagram each; nothing where there is no log yet."""
    logs = {path.stem: read_rows(path) for path in sorted(folder.glob("*.jsonl"))}
    curves = [
        (f"{stem}: {name}", [row["step"] for row in rows if name in row], [row[name] for row in rows if name in row])
        for stem, rows in logs.items()
        for name in sorted({key for row in rows for key in row} - {"step", "of", "seconds"})
    ]
    if not curves:
        return
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    n_columns = 4
    n_rows = -(-len(curves) // n_columns)
    figure = Figure(figsize=(4 * n_columns, 2.6 * n_rows), layout="constrained")
    FigureCanvasAgg(figure)
    for place, (title, steps, values) in enumerate(curves):
        axes = figure.add_subplot(n_rows, n_columns, place + 1)
        axes.plot(steps, values, linewidth=1)
        axes.set_title(title, fontsize=9)
        axes.grid(alpha=0.3)
    figure.savefig(picture, dpi=110)
