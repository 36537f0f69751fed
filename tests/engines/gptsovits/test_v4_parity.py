"""v4: same weights and inputs as the official modules, same numbers."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
import torch

from kouji.engines.gptsovits import v4
from kouji_parity import Case, cases

from .parity_sizes import container, official, tensor
from .test_parity import assert_near, at_speed

pytestmark = pytest.mark.usefixtures("no_gradients")


@lru_cache(maxsize=1)
def network(case: Case) -> v4.SoVITSV4:
    return v4.SoVITSV4.from_container(container(case.path.parent, case.json("config.json"), "v4"))


def features(case: Case, speed: float = 1.0) -> torch.Tensor:
    frames = network(case).frames(tensor(case, "codes")[0], tensor(case, "text"), tensor(case, "ge"))
    return network(case).features(at_speed(frames, speed), tensor(case, "ge"))


@pytest.mark.parametrize("case", cases("gptsovits/*/v4/decode_encp"))
def test_the_flow_is_told_what_it_is_told_officially(case: Case) -> None:
    assert_near(features(case), case["features_s8"])
    assert_near(features(case, 1.3), case["features_speed13_s8"])
    assert_near(features(case).mean(2), case["features_mean"])


@pytest.mark.parametrize("case", cases("gptsovits/*/v4/cfm"))
def test_the_flow_ends_at_the_official_mel(case: Case) -> None:
    given, x, prompt = features(case), tensor(case, "x0"), tensor(case, "prompt")
    field, n = network(case).estimator, prompt.shape[2]
    known = torch.nn.functional.pad(prompt, (0, x.shape[2] - n))
    (moment,) = field.moments(torch.tensor([0.25]), torch.tensor([0.125]))
    velocity = field(x, field.told(known, given), moment)
    assert_near(velocity.transpose(1, 2), case["velocity_t025_d0125"], 5e-4)
    for name in case.arrays:
        if name.startswith("steps"):
            n_steps, _, guided = name.removeprefix("steps").partition("_cfg")
            moments = network(case).moments(int(n_steps))
            found = network(case).solve(x, given, prompt, moments, 0.5 if guided else 0.0)
            assert_near(found, case[name], 1e-3)


@pytest.mark.parametrize("case", cases("gptsovits/*/v4_vocoder/vocode"))
def test_mel_becomes_the_official_samples(case: Case) -> None:
    found = v4.vocoder(official(case.path.parent, ()), "by rule")(tensor(case, "mel"))
    assert found.shape[2] == case["mel"].shape[2] * int(np.prod(v4.VOCODER.rates))
    assert_near(found, case["wave"])
