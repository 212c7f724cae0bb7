"""`heartsay analyze`: conversations in, reports and documents out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from heartsay.cli.console import AsJson, reporting
from heartsay.cli.options import (
    Address,
    EngineName,
    InputEncoding,
    InputFormat,
    InputTimes,
    Model,
    RayWorkers,
    training_packages,
)
from heartsay.errors import HeartsayError, InputError
from heartsay.formats import as_brought

if TYPE_CHECKING:
    from heartsay.cli.analyzing import Files
    from heartsay.explanation import Explainer
    from heartsay.media import GetSignals
    from heartsay.runtime import ModalityExperts


def analyze(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...",
            help="Files or folders: transcripts, captions, chats, tables, JSON of speech services, ELAN,"
            " Praat, Word, or recordings, audio or video; - is standard input. The documentation of the"
            " formats lists all.",
            show_default=False,
        ),
    ],
    out: Annotated[
        str, typer.Option(metavar="FOLDER", help="Where results go; - prints JSON.")
    ] = "heartsay-out",
    formats: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="LIST",
            help="Some of json, csv, parquet, textgrid, eaf, srt, vtt, label-studio, html.",
            show_default=False,
        ),
    ] = "",
    coverage: Annotated[
        float, typer.Option(metavar="SHARE", help="How often prediction sets shall hold the true emotion.")
    ] = 0.9,
    evidence: Annotated[
        Literal["auto", "always", "never"],
        typer.Option(help="Whether to compute what moved each reading; auto does up to 1,000 utterances."),
    ] = "auto",
    false_discovery_rate: Annotated[
        float | None,
        typer.Option(
            metavar="LEVEL",
            help="List causes so that of a conversation's at most this share is expected to be wrong:"
            " promised on average over talk like the model's own, not for each conversation nor for other"
            " talk. Without it, the likely causes are listed.",
            show_default=False,
        ),
    ] = None,
    audio: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The recording, audio or video, that the transcript's times are of. Each voice is then"
            " read by itself and shown beside the words, and where the two are likely to disagree is marked.",
            show_default=False,
        ),
    ] = None,
    transcript: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Transcript of the recording, or RTTM of who speaks when. Without it, what lies beside a"
            " recording under the same name is used, and where there is nothing, words are recognised.",
            show_default=False,
        ),
    ] = None,
    speakers: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="How many people speak in each recording, if known.", show_default=False
        ),
    ] = None,
    speech_model: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER",
            help="A Whisper model in CTranslate2's format, in place of the packaged tiny.en; nothing is"
            " downloaded.",
            show_default=False,
        ),
    ] = None,
    words: Annotated[
        bool, typer.Option("--words/--no-words", help="Whether words are recognised where none are given.")
    ] = True,
    media: Annotated[
        Literal["link", "embed", "none"],
        typer.Option(
            help="Whether a report plays its recording from where it lies (by a relative path), holds it"
            " (up to 100 MB), or neither."
        ),
    ] = "link",
    voice_expert: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="An exported expert that reads the voices, in place of the one that comes along.",
            show_default=False,
        ),
    ] = None,
    face_expert: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="An exported expert that reads the faces, in place of the one that comes along.",
            show_default=False,
        ),
    ] = None,
    faces: Annotated[
        bool,
        typer.Option("--faces/--no-faces", help="Whether films are searched for the face of who speaks."),
    ] = True,
    face_detector: Annotated[
        Path | None,
        typer.Option(
            metavar="NAME|FILE",
            help="What finds faces: `mtcnn`, `haar`, or the file of YuNet; nothing is downloaded.",
            show_default=False,
        ),
    ] = None,
    explainer: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN",
            help="A language model of your own (`heartsay explain train`), which may reword sentences into"
            " what they already say; where it says anything else, they stay. Takes a second or so each.",
            show_default=False,
        ),
    ] = None,
    model: Model = None,
    input_format: InputFormat = None,
    times: InputTimes = None,
    encoding: InputEncoding = None,
    language_check: Annotated[
        Literal["on", "off"],
        typer.Option(help="Whether to leave talk open that is clearly in another language than English."),
    ] = "on",
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")] = False,
    engine: Annotated[
        EngineName,
        typer.Option(
            help="ray shares the work out among processes or machines, takes Parquet tables and addresses"
            " such as s3:// too, and writes Parquet partitions."
        ),
    ] = "local",
    address: Address = None,
    workers: RayWorkers = None,
    keep: Annotated[
        str, typer.Option(metavar="LIST", help="For ray: columns of tables to hand on.", show_default=False)
    ] = "",
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")] = False,
) -> None:
    """Say who feels what, how sure that is, and why.

    \b
    Examples:
      heartsay analyze chat.csv
      heartsay analyze interviews/ --out results --format json,csv,html
      heartsay analyze interviews/ --out results --resume
      heartsay analyze calls/ --input-format mychat:FORMAT
      heartsay analyze chat.csv --false-discovery-rate 0.2
      heartsay analyze meeting.mp4
      heartsay analyze call.wav --transcript call.vtt
      heartsay analyze recordings/ --out results --speakers 2
      heartsay analyze calls.parquet --engine ray --keep date,role --out results
      heartsay analyze chat.srt --out - | jq '.utterances[].emotion.label'

    Formats json (the default, with html), html, textgrid, eaf, srt and vtt give a file per conversation; csv,
    parquet and label-studio one table of all utterances, beside one of other conversations if that is
    there. Exit codes: 0 all done, 1 some inputs could not be read, 2 nothing could be done, 130 stopped.
    """
    with reporting("analyze", as_json):
        shared_out = address, workers, keep
        if engine == "ray":
            from heartsay.cli.analyzing_on_ray import analyze_on_ray, refuse

            refuse(
                {
                    **{"--audio": audio, "--transcript": transcript, "--explainer": explainer},
                    **{"--voice-expert": voice_expert, "--face-expert": face_expert},
                    **{"--face-detector": face_detector, "--no-faces": not faces},
                    **{"--media": media != "link", "--format": formats.strip() not in ("", "parquet")},
                    "--out -": out == "-",
                }
            )
            code = analyze_on_ray(
                *(paths, out, model, shared_out, resume, as_json, quiet),
                analysis=(coverage, evidence, false_discovery_rate, language_check == "on"),
                reading=(input_format, times, encoding, words, speech_model, speakers),
            )
            raise typer.Exit(code)
        if any(shared_out):
            raise HeartsayError("--address, --workers and --keep go with --engine ray.")
        from heartsay.batch import FORMATS, Settings
        from heartsay.cli.analyzing import Files, analyze_files, print_documents
        from heartsay.pipeline import load_model
        from heartsay.recordings import Listening

        wanted = tuple(dict.fromkeys(part.strip() for part in formats.split(",") if part.strip()))
        if unknown := [name for name in wanted if name not in FORMATS]:
            raise HeartsayError(f"--format knows {', '.join(FORMATS)}, not {', '.join(unknown)}.")
        if out == "-" and (as_json or resume or set(wanted) - {"json"}):
            raise HeartsayError(
                "--out - prints JSON documents alone: leave out --json, --resume and --format."
            )
        paths, transcript = _with_recording(paths, audio, transcript)
        how = Listening(words, speech_model, speakers, None if out == "-" else Path(out))
        files = Files(paths, input_format, how, transcript, as_brought(times, encoding), Path(out))
        experts = _experts(audio, {"voice": voice_expert, "face": face_expert}, files.recordings)
        settings = Settings(
            coverage,
            evidence,
            wanted or ("json", "html"),
            false_discovery_rate,
            experts,
            language_check == "on",
            media,
            *_faces(files, experts, faces, face_detector),
            explainer=None if explainer is None else _rewriter(explainer),
        )
        loaded = load_model(model)
        if out == "-":
            code = print_documents(files, loaded, settings, quiet)
        else:
            code = analyze_files(Path(out), files, loaded, settings, resume, as_json, quiet)
    raise typer.Exit(code)


def _rewriter(run: Path) -> Explainer:
    with training_packages():
        from heartsay.training.rewriting import load_rewriter

        return load_rewriter(run)


def _with_recording(
    paths: list[str], audio: Path | None, transcript: Path | None
) -> tuple[list[str], Path | None]:
    """A transcript with its recording is that recording with its transcript.

    Raises:
        InputError: there is no such recording, or not one transcript.
    """
    if audio is None:
        return paths, transcript
    if not audio.is_file():
        raise InputError(
            expected="a recording", found="no such file", where=str(audio), do="check the path of --audio"
        )
    if len(paths) != 1 or transcript is not None or Path(paths[0]).is_dir():
        raise InputError(
            expected="one conversation, whose recording it is",
            found="several",
            where="--audio",
            do="analyse each transcript with its own recording",
        )
    return [str(audio)], Path(paths[0])


def _experts(audio: Path | None, named: Mapping[str, Path | None], recordings: int) -> ModalityExperts | None:
    """What reads the recordings; None where there are none.

    Raises:
        InputError: nothing reads a recording that was named for it, or there is nothing to read.
    """
    folders = {modality: folder for modality, folder in named.items() if folder is not None}
    if not recordings:
        for modality in folders:
            raise InputError(
                expected="a recording for the expert to read",
                found="none",
                where=f"--{modality}-expert",
                do="name the recording, or a transcript and its recording with --audio",
            )
        return None
    from heartsay.runtime import load_modality_experts

    experts = load_modality_experts(folders)
    if audio is not None and "voice" not in experts.experts:
        raise InputError(
            expected="an expert of the voice in this installation",
            found="none",
            where="--audio",
            do="name the folder of an exported one with --voice-expert (`heartsay train voice`, `heartsay"
            " export`)",
        )
    return experts


def _faces(
    files: Files, experts: ModalityExperts | None, wanted: bool, detector: Path | None
) -> tuple[GetSignals | None, str | None]:
    """What gives the voices and faces of recordings, and what finds faces if it is said: its name or hash.

    Raises:
        InputError: the file is no detector, or there is nothing for it to look at.
        MissingDependencyError: a detector is named, and OpenCV is not installed.
    """
    if detector is not None and wanted:
        from heartsay.media.face_detection import face_detector

        face_detector(detector)
        if experts is None or "face" not in experts.experts:
            raise InputError(
                expected="a recording, and an expert of the face in this installation",
                found="no recording" if experts is None else "no expert",
                where="--face-detector",
                do="name a recording" if experts is None else "name the folder of one with --face-expert",
            )
    if experts is None:
        return None, None
    from heartsay.media import signals_of

    get = partial(
        signals_of,
        faces=wanted and "face" in experts.experts,
        detector=detector,
        report=lambda row: files.report(row),
    )
    if not wanted:
        return get, "none"
    if detector is None or not detector.is_file():
        return get, None if detector is None else str(detector)
    return get, hashlib.sha256(detector.read_bytes()).hexdigest()
