#!/usr/bin/env python3
"""Word vectors of the texts on this machine: a small real array that needs no download.

Usage: word_vectors.py VECTORS.npy WORDS.txt

Reads the licence texts in /usr/share/common-licenses (every Debian system has them), counts which
words stand within four words of each other, weighs the counts by positive pointwise mutual
information and keeps the 64 strongest directions (Levy and Goldberg 2014). Row i of the array is the
vector, of length one, of line i of the word list.
"""
import pathlib
import re
import sys

import numpy as np

FOLDERS = [pathlib.Path("/usr/share/common-licenses"), pathlib.Path(__file__).parents[1]]
WORDS = 1500
WINDOW = 4
FEATURES = 64


def read_texts() -> list[list[str]]:
    paths = {p.resolve() for folder in FOLDERS if folder.is_dir()
             for p in folder.iterdir() if p.is_file() and (folder.name == "common-licenses"
                                                           or p.name in ("LICENSE", "README.md"))}
    return [re.findall(r"[a-z]{2,}", p.read_text(errors="ignore").lower()) for p in sorted(paths)]


def co_occurrences(texts: list[list[str]], index: dict[str, int]) -> np.ndarray:
    counts = np.zeros((len(index), len(index)))
    for text in texts:
        numbers = np.array([index.get(word, -1) for word in text])
        for distance in range(1, WINDOW + 1):
            left, right = numbers[:-distance], numbers[distance:]
            known = (left >= 0) & (right >= 0)
            np.add.at(counts, (left[known], right[known]), 1.0)
            np.add.at(counts, (right[known], left[known]), 1.0)
    return counts


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    texts = read_texts()
    words, seen = np.unique([word for text in texts for word in text], return_counts=True)
    names = [str(w) for w in words[np.argsort(-seen, kind="stable")][:WORDS]]
    counts = co_occurrences(texts, {word: i for i, word in enumerate(names)})
    expected = np.outer(counts.sum(1), counts.sum(0)) / counts.sum()
    ppmi = np.log(np.maximum(counts, 1e-12) / np.maximum(expected, 1e-12)).clip(min=0)
    values, directions = np.linalg.eigh(ppmi)  # symmetric, so this is its SVD up to signs
    strongest = np.argsort(-np.abs(values))[:FEATURES]
    vectors = directions[:, strongest] * np.sqrt(np.abs(values[strongest]))
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    np.save(sys.argv[1], vectors.astype(np.float32))
    pathlib.Path(sys.argv[2]).write_text("\n".join(names) + "\n")
    print(f"{len(names)} words x {vectors.shape[1]} features from {len(texts)} texts")
    return 0


if __name__ == "__main__":
    sys.exit(main())
