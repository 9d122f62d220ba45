"""A user's pictures, read at the network's size and divided; large sets stay on disk."""

import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from supervised.core import looking
from supervised.core.examples import Examples, Stored
from supervised.core.job import Context
from supervised.core.looking import Rows
from supervised.core.rows import Hashes
from supervised.datasets import listing, own_pictures, pictures, splits
from supervised.datasets.own_pictures import Listing
from supervised.datasets.source import DataError, Source
from supervised.own.files import OwnData
from supervised.own.image_configs import ImagesConfig
from supervised.own.parts import Parts, in_words
from supervised.own.tested import few, first_of_equals, require_two_classes

IN_MEMORY = 400_000_000
"""Bytes of pixels that are kept in memory; training and TensorFlow have two copies more."""
_STEP = 100  # pictures between two words of progress


@dataclass(frozen=True, kw_only=True)
class OwnPictures(OwnData):
    """Pictures that can be read, as the network takes them.

    Attributes:
        files: [N] the file of each picture.
        pixels: [N, S, S] or [N, S, S, 3], in memory or mapped from a file.
        labels: [N] int32, places in `classes`.
        parts: [N] `train`, `validation`, `test`, or "".
        hashes: [N] equal ones are pictures with the same pixels.
    """

    files: tuple[Path, ...]
    pixels: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int32]
    classes: tuple[str, ...]
    parts: npt.NDArray[np.str_]
    hashes: Hashes

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def on_disk(self) -> bool:
        """Whether the pixels are in a file, for there are too many for the memory."""
        return isinstance(self.pixels, np.memmap)

    def picture(self, number: int) -> npt.NDArray[np.uint8]:
        """The pixels of a picture."""
        return self.pixels[number]

    def examples(self, rows: Rows) -> Examples | Stored:
        """Some pictures as examples, in memory or on disk as the pixels are."""
        if self.on_disk:
            return Stored(x=self.pixels, y=self.labels, rows=rows)
        return Examples(x=self.pixels[rows], y=self.labels[rows])


def read(config: ImagesConfig, context: Context) -> OwnPictures:
    """Reads all pictures, and says what was found.

    Raises:
        InputError: No folder is named.
        DataError: There are too few pictures, or none can be read.
    """
    data = loaded([*filter(None, config.listed())], config, context)
    amount = data.pixels.nbytes
    where = "in a temporary file" if data.on_disk else "in memory"
    colours = "grey" if config.grey else "in colour"
    context.say(
        f"each picture as its middle square, {config.side}x{config.side}, {colours} (--size, "
        f"--grey): {amount / 1e6:,.0f} MB {where}"
    )
    return data


def divided(data: OwnPictures, config: ImagesConfig, context: Context) -> Parts:
    """Divides the pictures by their folders, or at random with the classes in proportion.

    Of pictures with the same pixels the first is used, and of equal ones in training and test that
    in the training.

    Raises:
        DataError: A class has too few, or a part would be empty.
    """
    first = first_of_equals(data.hashes)
    kept, notes = np.unique(first), _of_copies(data, first)
    test, validation = (kept[data.parts[kept] == part] for part in ("test", "validation"))
    rest = kept[~np.isin(data.parts[kept], ("test", "validation"))]
    if "" in data.parts:
        own_pictures.require_enough(data.classes, data.labels[rest])
    told = [config.test_fraction * (not len(test)), config.validation_fraction]
    told[1] *= not len(validation)
    try:
        shares = [1 - sum(told), *filter(None, told)]
        cut = splits.split(len(rest), shares, context.rng("split"), data.labels[rest])
    except ValueError:
        raise DataError(f"{len(rest):,} pictures are too few to be divided") from None
    parts = iter(rest[part] for part in cut)
    train = next(parts)
    test = next(parts) if told[0] else test
    validation = next(parts) if told[1] else validation
    require_two_classes(data.classes, data.labels[np.concatenate([train, validation])], {})
    how = "" if told[0] else ", the test as its folder says"
    how = f"at random, classes in proportion{how}" if any(told) else "by their folders"
    return Parts(
        train=train,
        validation=validation,
        test=test,
        words=in_words("pictures", train, validation, test, how),
        left_out=(*notes, *few(len(test), "picture")),
    )


def _of_copies(data: OwnPictures, first: Rows) -> tuple[str, ...]:
    """Notes on pictures that are the same as another, of which the first one [N] is used."""
    every = np.arange(len(data))
    copies = np.flatnonzero(first != every)
    if not len(copies):
        return ()
    notes = [f"{len(copies):,} pictures are the same as another: each is used once"]
    crossing = (data.parts[copies] == "test") & (data.parts[first[copies]] != "test")
    if crossing.any():
        notes.append(f"{crossing.sum():,} test pictures are training pictures: left out of it")
    torn = copies[data.labels[copies] != data.labels[first[copies]]]
    if len(torn):
        one, other = (own_pictures.text_of(str(data.files[r[torn[0]]])) for r in (every, first))
        notes.append(
            f"{len(torn):,} are in two classes, such as {one} and {other}: the second counts"
        )
    return tuple(notes)


def loaded(listings: Sequence[Listing], config: ImagesConfig, context: Context) -> OwnPictures:
    """Reads listed pictures, and says which there are.

    Raises:
        DataError: None can be read.
    """
    for each in listings:
        for line in (f"{each.folder.name}: {each.in_words}", *each.notes):
            context.say(line)
    files = [file for each in listings for file in each.files]
    folders = [each.folder for each in listings for _ in each.files]
    labels = np.concatenate([each.labels for each in listings])
    parts = np.array([part for each in listings for part in each.parts], str)

    def load(source: Source) -> OwnPictures:
        if source.want != "auto":
            raise DataError(f"{folders[0]}: your own pictures exclude --data {source.want}")
        pixels = _room((len(files), *config.shape))
        hashes = np.empty(len(files), np.uint64)
        checksum = hashlib.sha256()
        whole: list[int] = []
        broken: dict[str, DataError] = {}
        for number, file in enumerate(files):
            if number % _STEP == 0:
                source.progress(number, len(files), "reading pictures")
            try:
                contents = listing.contents(file)
                checksum.update(str(file.relative_to(folders[number])).encode("utf-8", "replace"))
                checksum.update(hashlib.sha256(contents).digest())
                pixels[len(whole)] = picture(file, config, contents)
            except DataError as error:
                broken[own_pictures.text_of(str(file.relative_to(folders[number])))] = error
                continue
            hashes[len(whole)] = _hash(pixels[len(whole)])
            whole.append(number)
        if not whole:
            raise next(iter(broken.values()))
        return OwnPictures(
            name=folders[0].name,
            note="; ".join(pictures.left_out([*broken])),
            sha256=checksum.hexdigest(),
            files=tuple(files[number] for number in whole),
            pixels=pixels[: len(whole)],
            labels=labels[whole],
            classes=listings[0].classes,
            parts=parts[whole],
            hashes=hashes[: len(whole)],
        )

    return context.load(load)


def picture(
    path: Path, config: ImagesConfig, contents: bytes | None = None
) -> npt.NDArray[np.uint8]:
    """A picture as the network takes it, [S, S] or [S, S, 3].

    Raises:
        DataError: It is none that can be read.
    """
    found = pictures.open_picture(path, "L" if config.grey else "RGB", contents)
    pixels = looking.square(np.asarray(found), config.side)
    if pixels.shape != config.shape:  # grey, for a network that takes colours
        pixels = np.repeat(pixels[..., None], 3, axis=-1)
    return pixels


def _hash(pixels: npt.NDArray[np.uint8]) -> np.uint64:
    digest = hashlib.blake2b(pixels.tobytes(), digest_size=8).digest()
    return np.frombuffer(digest, np.uint64)[0]


def _room(shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """Room for pixels: in memory, or for many in a file that vanishes with the array.

    Raises:
        DataError: There is no room for the file.
    """
    size = int(np.prod(shape))
    if size <= IN_MEMORY:
        return np.empty(shape, np.uint8)
    place = tempfile.gettempdir()
    free = shutil.disk_usage(place).free
    if size > free:
        raise DataError(
            f"the pixels take {size / 1e9:,.1f} GB of a temporary file, and {place} has "
            f"{free / 1e9:,.1f} GB: a smaller --size, or another folder in TMPDIR"
        )
    with tempfile.TemporaryFile() as file:  # the mapping keeps it until it is dropped itself
        return np.memmap(file, np.uint8, "w+", shape=shape)
