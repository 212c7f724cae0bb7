"""A thousand workers, simulated: how long a corpus takes with stragglers, failures and one who shares out.

Nothing here is measured but what is put in: service times of partitions come from `benchmarks/scale.py`. Each
worker takes one partition after the other from one queue, as the engine does. A share of workers is slow; a
worker dies at random and comes back after a while, and the partition it held is begun anew; what shares out
partitions, which are as large as the engine makes them, needs a moment for each. Bringing the rows of a table
together comes before and is added.

    python benchmarks/scale_simulation.py --seconds-per-utterance 0.007 --json
"""

from __future__ import annotations

import argparse
import heapq
import json
import math
import random
import sys
from typing import NamedTuple

from common import ROOT

sys.path.insert(0, str(ROOT / "src"))

from heartsay.ray.buckets import sizes_of


class Cluster(NamedTuple):
    """What is simulated.

    Attributes:
        workers: of one processor each.
        utterances: in the corpus.
        each: seconds of a worker for an utterance.
        spread: standard deviation of a partition's time, by its mean.
        slow: share of workers that are slow, and by how much.
        failures: deaths of a worker in an hour.
        start: seconds until a worker has its model.
        sharing: seconds of whoever shares out, for each partition.
        lookup: seconds of a worker to look up one gathered file; there is one for each million rows.
    """

    workers: int
    utterances: int
    each: float
    spread: float = 0.05
    slow: tuple[float, float] = (0.02, 2.0)
    failures: float = 0.01
    start: float = 15.0
    sharing: float = 0.005
    lookup: float = 0.0


class Outcome(NamedTuple):
    """Hours in all, worker hours by what they would be without any loss, and partitions begun anew."""

    hours: float
    efficiency: float
    again: int


def simulate(cluster: Cluster, seed: int) -> Outcome:
    """One run of a corpus."""
    draw = random.Random(seed)
    waiting = sizes_of(cluster.utterances, cluster.workers)[::-1]
    pieces = -(-cluster.utterances // 1_000_000)
    sigma = math.sqrt(math.log1p(cluster.spread**2))
    speed = [cluster.slow[1] if draw.random() < cluster.slow[0] else 1.0 for _ in range(cluster.workers)]
    free = [(cluster.start, worker) for worker in range(cluster.workers)]
    heapq.heapify(free)
    again, shared, end = 0, 0.0, 0.0
    while waiting:
        now, worker = heapq.heappop(free)
        shared = max(now, shared) + cluster.sharing  # one partition after the other is handed out
        service = speed[worker] * waiting[-1] * cluster.each * draw.lognormvariate(-(sigma**2) / 2, sigma)
        service += pieces * cluster.lookup
        dies = draw.expovariate(cluster.failures / 3600) if cluster.failures else math.inf
        if dies < service:
            again += 1
            heapq.heappush(free, (shared + dies + cluster.start, worker))
            continue
        waiting.pop()
        end = max(end, shared + service)
        heapq.heappush(free, (shared + service, worker))
    ideal = cluster.utterances * cluster.each / cluster.workers
    return Outcome(end / 3600, ideal / end, again)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds-per-utterance", type=float, required=True, help="of one worker, measured")
    parser.add_argument(
        "--spread", type=float, default=0.05, help="of partitions' times by their mean, measured"
    )
    parser.add_argument("--start", type=float, default=15.0, help="seconds until a worker has its model")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = []
    for name, change in (
        ("nothing amiss", {"slow": (0.0, 1.0), "failures": 0.0}),
        ("2% of workers half as fast", {"failures": 0.0}),
        ("and a worker dies every 100 hours", {}),
        ("and a worker dies every 2 hours", {"failures": 0.5}),
        ("100 hours, 20 ms a gathered file", {"lookup": 0.02}),
        ("100 hours, 50 ms to share out", {"sharing": 0.05}),
    ):
        for utterances in (10**7, 10**9):
            for workers in (10, 100, 1000):
                cluster = Cluster(
                    workers,
                    utterances,
                    options.seconds_per_utterance,
                    options.spread,
                    start=options.start,
                )._replace(**change)
                found = [simulate(cluster, seed) for seed in range(options.seeds)]
                efficiency = [each.efficiency for each in found]
                rows.append(
                    {
                        "case": name,
                        "utterances": utterances,
                        "workers": workers,
                        "hours": round(sum(each.hours for each in found) / len(found), 2),
                        "efficiency": round(sum(efficiency) / len(found), 3),
                        "lowest": round(min(efficiency), 3),
                        "again": round(sum(each.again for each in found) / len(found), 1),
                    }
                )
    if options.json:
        print(json.dumps({"benchmark": "scale_simulation", "seeds": options.seeds, "rows": rows}))
        return
    print(
        f"{'case':38} {'utterances':>13} {'workers':>7} {'hours':>9} {'efficiency':>10} {'lowest':>7} again"
    )
    for row in rows:
        print(
            f"{row['case']:38} {row['utterances']:13,} {row['workers']:7,} {row['hours']:9.2f}"
            f" {row['efficiency']:10.1%} {row['lowest']:7.1%} {row['again']:5,.0f}"
        )


if __name__ == "__main__":
    main()
