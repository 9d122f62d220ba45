"""Surprise's SVD with its defaults on given ratings: rows/s of training, and the test's RMSE.

It has 100 factors and 20 passes of stochastic gradient descent in Cython.
"""

import argparse
import json
import time

import numpy as np
from surprise import SVD, Dataset, Reader, accuracy


def main() -> None:
    """Prints one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ratings", help=".npz with train and test, [N, 3]: person, film, stars")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with np.load(given.ratings) as found:
        train, test = found["train"], found["test"]
    rows = [(int(u), int(i), float(r), None) for u, i, r in train]
    data = Dataset(Reader(rating_scale=(1, 5)))
    trainset = data.construct_trainset(rows)
    model = SVD(random_state=given.seed)
    began = time.perf_counter()
    model.fit(trainset)
    seconds = time.perf_counter() - began
    answers = model.test([(int(u), int(i), float(r)) for u, i, r in test])
    print(
        json.dumps(
            {
                "seconds": seconds,
                "rows_per_second": model.n_epochs * len(rows) / seconds,
                "rmse": accuracy.rmse(answers, verbose=False),
            }
        )
    )


if __name__ == "__main__":
    main()
