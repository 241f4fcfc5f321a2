"""Performance targets of three real disclosures against hand-checked ones, by the shared scorer."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from extractors.pdf.document import read_raw_document
from transforms.targets.reading import read_targets

SHARED = Path(__file__).parents[2] / ".." / "shared"
GOLD = SHARED / "gold_targets"
COLUMNS = ("document_id", "page", "project", "indicator", "operator", "value", "value_2")

pytestmark = pytest.mark.skipif(
    not GOLD.is_dir(), reason="../shared/gold_targets is absent: targets were not scored on real sheets"
)


def test_recall_and_precision_on_hand_checked_targets(tmp_path: Path) -> None:
    with (SHARED / "corpus/disclosures/manifest.csv").open(encoding="utf-8", newline="") as file:
        ids = {row["file"]: row["sha256"][:16] for row in csv.DictReader(file)}
    product = tmp_path / "targets.csv"
    with product.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS, extrasaction="ignore")
        writer.writeheader()
        for path in sorted(GOLD.glob("*.csv")):
            with path.open(encoding="utf-8-sig", newline="") as file:
                name = next(csv.DictReader(file))["file"]
            raw = read_raw_document(SHARED / "corpus/disclosures" / name, ids[name])
            writer.writerows({**target, "document_id": ids[name]} for target in read_targets(raw, {}).targets)
    scorer = [sys.executable, str(SHARED / "evaluate/score_statements.py"), "--targets", str(product), "--show", "10"]
    scored = subprocess.run(
        [*scorer, "--min-recall", "0.95", "--min-precision", "0.97"], capture_output=True, text=True, check=False
    )
    assert scored.returncode == 0, scored.stdout + scored.stderr
