"""How good is it? Measures of speech on numpy samples, and one report that compares them.

    mos          DNSMOS: how natural and how clean it sounds to listeners
    words        word error by an English recogniser
    recogniser   syllables and phonemes by the recipe's own recogniser
    similarity   whose voice it is
    pitch        F0 and durations, alone and against a recording
    cost         time and memory
    bars         which figures are asked for
    evaluate     all of the above for one engine; report makes the page

Every measure is usable alone: `from kouji.eval.mos import dnsmos; dnsmos(samples, 24000)`.
"""
