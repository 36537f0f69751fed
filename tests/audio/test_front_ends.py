"""What published models hear: spectra and resampled waves to the numbers of their own front ends."""

import numpy as np
import pytest

from kouji.audio import fbank, sinc, slaney, vocoder_mel, whisper_mel
from kouji_parity import Case, cases


@pytest.mark.parametrize("case", cases("cosyvoice/frontend/mel22k_*"))
def test_the_mel_of_the_flow_prompt(case: Case) -> None:
    np.testing.assert_allclose(vocoder_mel.log_mel(case["wave"][0]), case["mel"][0], atol=2e-4)


@pytest.mark.parametrize("case", cases("cosyvoice/frontend/whisper_mel_*"))
def test_the_mel_of_the_speech_tokenizer(case: Case) -> None:
    np.testing.assert_allclose(whisper_mel.log_mel(case["wave"][0]), case["mel"][0], atol=2e-4)


@pytest.mark.parametrize("case", cases("cosyvoice/frontend/fbank_*"))
def test_the_filter_banks_of_the_speaker_encoder(case: Case) -> None:
    features = fbank.fbank(case["wave"][0])
    np.testing.assert_allclose(features, case["fbank"], atol=1e-3)  # a reference in float64 differs by 3.4e-4
    np.testing.assert_allclose(fbank.without_mean(features), case["fbank_cmn"], atol=1e-3)


@pytest.mark.parametrize("case", cases("cosyvoice/frontend/filterbanks"))
def test_the_bands_themselves(case: Case) -> None:
    np.testing.assert_allclose(slaney.filterbank(22050, 1024, 80, 8000), case["slaney80"], atol=1e-7)
    np.testing.assert_allclose(slaney.filterbank(16000, 400, 128, 8000), case["whisper128"], atol=1e-7)
    np.testing.assert_allclose(fbank.filterbank(), case["kaldi80"], atol=1e-4)


@pytest.mark.parametrize("case", cases("cosyvoice/frontend/resample"))
def test_resampling(case: Case) -> None:
    at_16k = sinc.resample(case["x"][0], int(case["sr"]), 16000)
    np.testing.assert_allclose(at_16k, case["x16"][0], atol=1e-5)
    np.testing.assert_allclose(sinc.resample(at_16k, 16000, 22050), case["x22_via_16k"][0], atol=1e-5)
    np.testing.assert_allclose(sinc.resample(case["x"][0], int(case["sr"]), 22050), case["direct22"][0], atol=1e-5)


def test_the_same_rate_is_the_same_sound() -> None:
    samples = np.ones(10, np.float32)
    assert sinc.resample(samples, 16000, 16000) is samples
