"""Ways to run IndexTTS 2: as published, or faster at a cost that was measured. Data; the engine reads it."""

from __future__ import annotations

from dataclasses import dataclass, field

from .sampling import Sampling

CLIP = 15.0  # seconds of a clip that the release listens to


@dataclass(frozen=True)
class Manner:
    """What a preset decides."""

    summary: str
    sampling: Sampling = field(default_factory=Sampling)
    n_timesteps: int = 25
    cfg_rate: float = 0.7
    prompt_seconds: float = CLIP  # of the voice's mel before the one that is made; the rest of the clip still counts
    narrow_flow: bool = False  # bfloat16 weights
    narrow_vocoder: bool = False
    int8_gpt: bool = False  # by ONNX Runtime


MANNERS = {
    "exact": Manner("As the release, with one beam: float32, 25 guided steps.", Sampling(n_beams=1)),
    "light": Manner(
        "As exact; the large matrices of the flow in bfloat16, those of the GPT in eight bits.",
        Sampling(n_beams=1),
        narrow_flow=True,
        int8_gpt=True,
    ),
    "fast": Manner(
        "As light with 5 guided steps, 3 seconds of acoustic prompt, the vocoder in bfloat16.",
        Sampling(n_beams=1),
        n_timesteps=5,
        prompt_seconds=3.0,
        narrow_flow=True,
        narrow_vocoder=True,
        int8_gpt=True,
    ),
    "official": Manner("As the release: float32, three beams, 25 steps, 15 seconds of prompt."),
}
