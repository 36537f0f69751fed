"""CosyVoice-300M (FunAudioLLM, Apache-2.0): the official checkpoints, natively."""
