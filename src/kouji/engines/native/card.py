"""The native engine at a glance."""

from __future__ import annotations

from kouji.engines.contract import AS_WRITTEN, DENOISE, PRONUNCIATION, VOLUME, BuiltinVoice, Card, Control, Licence

_PACK = "CC-BY-SA-4.0"

CARD = Card(
    id="native",
    summary="Kouji's own small neural voice: five languages, eight voices, no download, no GPU.",
    factory="kouji.engines.native.engine:Native",
    sample_rate=24000,
    languages=("zh", "en", "ja", "ko", "yue"),
    licences=(
        Licence("code", "Apache-2.0"),
        Licence(
            "weights", _PACK, "the speakers and collectors named in ATTRIBUTION.md beside the weights",
            "Kouji's built-in voices, CC BY-SA 4.0, from the recordings that `kouji licences` names",
        ),
    ),
    voices=(
        BuiltinVoice("female_1", "Female 1 (Mandarin)", "zh", "female", _PACK),
        BuiltinVoice("male_1", "Male 1 (Mandarin)", "zh", "male", _PACK),
        BuiltinVoice("english_1", "English 1 (woman)", "en", "female", _PACK),
        BuiltinVoice("english_2", "English 2 (man)", "en", "male", _PACK),
        BuiltinVoice("japanese_1", "Japanese 1 (woman)", "ja", "female", _PACK),
        BuiltinVoice("japanese_2", "Japanese 2 (man)", "ja", "male", _PACK),
        BuiltinVoice("korean_1", "Korean 1 (woman)", "ko", "female", _PACK),
        BuiltinVoice("cantonese_1", "Cantonese 1 (woman)", "yue", "female", _PACK),
    ),
    controls={
        "speed": Control("Tempo: 2 is twice as fast.", 0.5, 2.0),
        "pitch": Control("Semitones above the voice's own pitch.", -12.0, 12.0),
        "volume": VOLUME,
        "denoise": DENOISE,
        "pronunciation": PRONUNCIATION,
        "normalize": AS_WRITTEN,
        "emotion.vector": Control("Eight emotions, by name with intensity or as weights; words are understood too."),
        "emotion.reference": Control("A clip whose manner is taken, not its voice."),
        "duration": Control("Exact length in seconds, or 0.5 to 2 times the natural one; natural within 0.75 to 1.25."),
        "duration.tokens": Control("Length of the speech in tokens of 10 ms, pauses between sentences not counted."),
        "voice.reference": Control("Speaks with the voice of a clip of 3 to 30 s; timbre and pitch, not the accent."),
    },
    token_rate=100.0,  # its tokens are frames
)
