"""The face of who speaks in a clip as one vector: the embedding of a network that was trained on faces.

The speaking face is found, followed and cut out as it is in recordings, at most five times a clip; the vector
is the mean over what was cut out.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from heartsay import __version__
from heartsay.conversation import UNKNOWN_SPEAKER, Conversation, Utterance
from heartsay.errors import ModelError, first_line
from heartsay.evidence.store import Feature, Rows
from heartsay.media import scaled_to, signals_of
from heartsay.media.face_detection import face_detector
from heartsay.runtime.experts import SIDE, why_not_seen

if TYPE_CHECKING:
    from heartsay.models.face_expert import FaceExpert
    from heartsay.models.face_network import FaceNetwork

LICENCE = "for research: FER+'s photographs, which it learned from, are for research alone"


@dataclass(frozen=True)
class FaceEncoder:
    """What describes the face of who speaks.

    Attributes:
        feature: what it gives.
        network: from faces to embeddings.
    """

    feature: Feature
    network: FaceExpert | FaceNetwork

    def describe(self, path: Path, seconds: float) -> tuple[Rows | None, str]:
        """Describe the speaking face of a clip.

        Args:
            path: the clip, with sound.
            seconds: how long it is.

        Returns:
            A row (1, D), or None and why there is none.

        Raises:
            InputError: it cannot be decoded.
        """
        from heartsay.models.face_network import embed_faces

        turn = Utterance("clip", UNKNOWN_SPEAKER, None, 0.0, seconds)
        found = signals_of(Conversation("clip", (turn,), recording=path))
        faces = list(found.faces[0]) if found.faces else []
        reasons = [found.notes.get("face", {}).get(0), *map(why_not_seen, faces)]
        seen = [scaled_to(face, SIDE) for face in faces if why_not_seen(face) is None]
        if not seen:
            return None, next((reason for reason in reasons if reason), "no face")
        return embed_faces(self.network, np.stack(seen))[1].mean(0, keepdims=True), ""


def face_encoder(folder: Path) -> FaceEncoder:
    """The network of a finished run of `heartsay train face`.

    Raises:
        ModelError: the folder holds no such run, or one that is not finished.
        MissingDependencyError: OpenCV, which finds faces, is not installed.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from heartsay.models.face_expert import FaceExpert
    from heartsay.models.face_network import EMBEDDING, FaceNetwork
    from heartsay.training.run_folder import RunFolder
    from heartsay.training.tasks.face_network import FaceTraining
    from heartsay.training.text_features import encoder_fingerprint

    finds = face_detector(None).name
    run = RunFolder(folder)
    settings = run.configuration(FaceTraining)
    network = FaceExpert() if settings.network == "expert" else FaceNetwork()
    try:
        network.load_state_dict(load_file(run.weights))
    except (OSError, SafetensorError, RuntimeError) as error:
        reason = first_line(error)
        raise ModelError(
            f"{run.weights} holds no trained face network ({reason}); finish the run."
        ) from error
    feature = Feature(
        name="face",
        modality="face",
        encoder=f"{settings.kind}, mean embedding of at most five cut-outs of faces that {finds} finds",
        # How a face is found and cut out is this project's own, and may change with it.
        version=f"{encoder_fingerprint(str(folder))}, heartsay {__version__}",
        width=network.emotion.in_features if settings.network == "expert" else EMBEDDING,
        rate=None,
        frames=False,
        licence=LICENCE,
    )
    return FaceEncoder(feature, network)
