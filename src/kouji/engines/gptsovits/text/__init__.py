"""Text to the phonemes that GPT-SoVITS was trained on: its own front ends for zh, en, ja, ko, yue and mixtures."""
