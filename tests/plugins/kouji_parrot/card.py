"""What the parrot can do."""

from kouji.engines.contract import CONVERSION, BuiltinVoice, Card, Control, Licence, Preset, VoicesByRule

CARD = Card(
    id="parrot",
    summary="beeps every phoneme (for tests)",
    factory="kouji_parrot.engine:Parrot",
    sample_rate=16000,
    languages=("zh", "en"),
    licences=(Licence("code", "Apache-2.0"), Licence("voices", "CC0-1.0")),
    voices=(
        BuiltinVoice("polly", "Polly", "en", "female", "CC0-1.0"),
        BuiltinVoice("ara", "Ara", "zh", "male", "CC0-1.0"),
    ),
    named=VoicesByRule(r"0{,999}[1-9]\d{2}Hz", "330Hz"),
    controls={
        "speed": Control("times as fast", 0.5, 2.0),
        "sampling": Control("temperature: how much breath"),
        CONVERSION: Control("beeps as loud as somebody speaks"),
    },
    presets=(Preset("exact", "as parrots do"), Preset("high", "an octave higher")),
)
