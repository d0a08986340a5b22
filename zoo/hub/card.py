"""The card of a checkpoint: everything that is known about its weights, in one `card.yaml`."""

import builtins
import hashlib
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal

import yaml

from padzoo.core.gamepad import check_schema
from padzoo.core.strict import build

CARD: Final = "card.yaml"
WEIGHTS: Final = "model.safetensors"
README: Final = "README.md"
LARGEST: Final = 2**20  # bytes of a card; those of the zoo have a few thousand
CHECKSUM: Final = "checksum: "  # begins the last line, the sha256 of all that stands above it

Kind = Literal["policy", "reward"]
Precision = Literal["float32", "float16", "bfloat16"]


@dataclass(frozen=True)
class File:
    """A file of a checkpoint besides its card.

    Args:
        bytes: Its size.
        sha256: Its checksum, hexadecimal.
    """

    bytes: int
    sha256: str

    @classmethod
    def of(cls, content: builtins.bytes) -> "File":
        """Describes a file.

        Args:
            content: What it holds.
        """
        return cls(len(content), hashlib.sha256(content).hexdigest())

    def read(self, path: Path, source: str) -> builtins.bytes:
        """Reads the file, of which nothing is used before size and sha256 are checked.

        Args:
            path: Where it is.
            source: Where it is from, for messages.

        Raises:
            ValueError: If it is missing or not as described.
        """
        if not path.is_file():
            raise ValueError(f"{source}: {path.name} is missing")
        if path.stat().st_size != self.bytes:
            raise ValueError(f"{source}/{path.name}: {path.stat().st_size} bytes; {CARD} says {self.bytes}")
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise ValueError(f"{source}/{path.name}: damaged: its sha256 is not the one in {CARD}")
        return content


@dataclass(frozen=True)
class Base:
    """The checkpoint on which another is stored: tensors equal to the base's are not stored again.

    Args:
        name: Its name in the zoo.
        sha256: That of its weights.
        prefix: What the base's tensors are called in the network stored on it, up to their own names.
    """

    name: str
    sha256: str
    prefix: str


@dataclass(frozen=True)
class Ancestor:
    """Weights that a network was made from, and those that they were made from.

    Args:
        name: Their name in the zoo, or the file's where they are not published.
        sha256: That of the weights as they were used.
        parents: Their own parents by role.
    """

    name: str
    sha256: str
    parents: dict[str, "Ancestor"] = field(default_factory=dict)


@dataclass(frozen=True)
class Data:
    """A set that a network learnt from.

    Args:
        name: What it is called.
        sha256: Fingerprint of the set's manifest, or of the file of preferences.
        samples: Trajectories, or preferences, in it.
        frames: Frames in it; None for preferences, which have none.
        source: How it was made, seed among it.
    """

    name: str
    sha256: str
    samples: int
    frames: int | None
    source: dict[str, Any]


@dataclass(frozen=True)
class Rate:
    """How often something happened.

    Args:
        count: How many times.
        percent: Of the trials.
        low: Lower end of the 95 % Wilson interval, in percent.
        high: Its upper end.
    """

    count: int
    percent: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.percent:.1f} % ({self.low:.1f} to {self.high:.1f})"


@dataclass(frozen=True)
class Result:
    """What was measured of the very weights that the card is of.

    Args:
        of: What was tried: `episodes` played, or held-out `preferences` ordered.
        trials: How many.
        rates: How they ended: the outcomes of a game; of preferences, the `accuracy`.
        measured: How: the command's arguments, seed among them.
    """

    of: Literal["episodes", "preferences"]
    trials: int
    rates: dict[str, Rate]
    measured: dict[str, Any]


@dataclass(frozen=True)
class Source:
    """Where the code is that made a checkpoint.

    Args:
        url: Its repository; None where it is not said.
        revision: The commit.
    """

    url: str | None = None
    revision: str = "unknown"


@dataclass(frozen=True)
class Golden:
    """A known output, by which a copy of the network is tried.

    Args:
        seed: Seed of the input; see `padzoo.zoo.hub.golden`.
        output: What the network gives for it.
    """

    seed: int
    output: list[float]


@dataclass(frozen=True, kw_only=True)
class About:
    """What a network itself cannot tell.

    Args:
        name: Its name, `arch.tag`; empty if it has none.
        license: SPDX identifier of the licence of the weights.
        source: The code that made it.
        checkpoint: sha256 of the `.ckpt` that its weights were taken from.
        parents: The weights that it was made from by role, with theirs: the whole lineage.
        data: What it learnt from.
        commands: The commands that made it, in order.
        seed: Seed of its training.
        results: What was measured of these very weights.
        configuration: Of its training, as the command line resolved it; None where it is not known.
    """

    name: str = ""
    license: str = "MIT"
    source: Source = field(default_factory=Source)
    checkpoint: str | None = None
    parents: dict[str, Ancestor] = field(default_factory=dict)
    data: list[Data] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    seed: int = 0
    results: list[Result] = field(default_factory=list)
    configuration: dict[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Card(About):
    """The card of a checkpoint.

    Args:
        network: `policy` or `reward`.
        config: What the network is built from.
        parameters: How many numbers it has.
        schema: The action schema.
        observation: What it sees.
        dtype: Precision of the weights.
        sha256: Of all weights as one safetensors file, which names them, however they are stored.
        base: What they are stored on; None if they stand alone.
        golden: A known output.
        files: The other files by name.
    """

    network: Kind
    config: dict[str, Any]
    parameters: int
    schema: str
    observation: str
    dtype: Precision
    sha256: str
    base: Base | None
    golden: Golden
    files: dict[str, File]

    @property
    def about(self) -> About:
        """What of it the network cannot tell."""
        return About(**{field.name: getattr(self, field.name) for field in fields(About)})

    @property
    def bytes(self) -> int:
        """Size of its other files."""
        return sum(file.bytes for file in self.files.values())

    @property
    def facts(self) -> dict[str, str]:
        """What people want to know first, each in one line."""
        config = ", ".join(f"{key} {value}" for key, value in self.config.items())
        stored = f"{self.bytes:,} bytes, {self.dtype}"
        return {
            "network": f"{self.network}, {self.parameters:,} parameters; {config}",
            "observation": self.observation,
            "actions": self.schema,
            "stored": f"{stored}, on {self.base.name}: only what differs" if self.base else stored,
            "sha256": self.sha256,
            "code": f"{self.source.url or 'PadZoo'} at {self.source.revision}",
            "training seed": str(self.seed),
            "licence": self.license,
        }

    def dump(self) -> str:
        """Returns the text of `card.yaml`.

        Raises:
            yaml.YAMLError: If there is something other than plain values on it.
        """
        text = yaml.safe_dump(asdict(self), sort_keys=False, allow_unicode=True, width=120)
        return f"{text}{CHECKSUM}{hashlib.sha256(text.encode()).hexdigest()}\n"

    @classmethod
    def parse(cls, text: builtins.bytes, source: str) -> "Card":
        """Reads a card.

        Args:
            text: What `card.yaml` holds.
            source: Its path, for messages.

        Raises:
            ValueError: If it is damaged, lacks something or has something unknown, names a file that is not part of a
                checkpoint, or is of another action schema.
        """
        body, mark, checksum = text.rpartition(CHECKSUM.encode())
        if not mark or checksum != f"{hashlib.sha256(body).hexdigest()}\n".encode():
            raise ValueError(f"{source}: damaged: its last line is not the checksum of what stands above")
        try:
            values = yaml.safe_load(body)
        except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
            raise ValueError(f"{source}: not YAML: {' '.join(str(error).split())}") from None
        card = build(cls, values, source)
        check_schema(card.schema, source)
        for name in card.files:
            if name not in (WEIGHTS, README):
                raise ValueError(f"{source}: file {name!r} is not allowed; allowed: {WEIGHTS}, {README}")
        if WEIGHTS not in card.files:
            raise ValueError(f"{source}: key 'files.{WEIGHTS}' is missing")
        return card

    @classmethod
    def read(cls, folder: Path) -> "Card":
        """Reads the card in a folder; see `parse`.

        Raises:
            ValueError: If there is none, too, or it is larger than any card.
        """
        path = folder / CARD
        if not path.is_file():
            raise ValueError(f"{folder}: not a folder of weights: {CARD} is missing")
        if path.stat().st_size > LARGEST:
            raise ValueError(f"{path}: {path.stat().st_size:,} bytes; a card has at most {LARGEST:,}")
        return cls.parse(path.read_bytes(), str(path))

    def read_files(self, folder: Path, source: str | None = None) -> dict[str, builtins.bytes]:
        """Reads the other files, each checked; see `File.read`.

        Args:
            folder: Where they lie.
            source: Where they are from, for messages; None names the folder.

        Returns:
            Their contents by name.
        """
        return {name: file.read(folder / name, source or str(folder)) for name, file in self.files.items()}
