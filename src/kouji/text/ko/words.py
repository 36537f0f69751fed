"""Korean words whose sound the spelling does not show, and endings that harden what follows them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from .hangul import decompose, is_syllable

_FILE = Path(__file__).parents[1] / "data" / "ko_words.txt"
# Suffixes of art. 20 that keep ㄴ: 생산량 [생산냥]. Words of two syllables, also at the end of longer ones, do not.
_N_STAYS = re.compile(r"(?<=[가-힣])([가-힣])(량|력|론|료|란|례|로|령)")
_L_WINS = frozenset(
    "전력 권력 진료 언론 분량 원료 연료 인력 관련 훈련 신뢰 권리 논리 진리 관리 편리 천리 산림 난로 인류 전략 연락 곤란 혼란 반란 "
    "만료 완료 근로 선로 전례 관례 판례 본론 반론 원론 진로 분리 윤리 심리 전류 본래 원래 건립 단련 찬란 민란 대관령 한라 신라".split()
)
# Stems in ㄹ: their ㄹ is no ending, so what follows stays soft (알게, 힘들지).
_L_STEMS = frozenset(
    "알 살 울 놀 열 들 길 걸 돌 팔 풀 달 멀 벌 밀 빌 졸 날 썰 털 틀 물 줄 갈 불 끌 쓸 널 늘 설 헐 만들 힘들 흔들 떠들 거들 줄어들 "
    "늘어들 빠져들 모여들 이끌 머물 드물 서툴 내밀 베풀 거칠 둥글 기울 매달 잠들 시들 철들 병들 물들 길들 떨 얼 잘살".split()
)
_FUTURE = re.compile(r"([가-힣]+?)(게|걸|수록|지라도|지도|지는|지|진대|밖에|세라)(?=요?$|까?$|[가-힣]?$)")
# Verb stems in ㄴ ㅁ harden their endings (art. 24): 숨고 [숨꼬]. Nouns of the same letters are left alone.
_NASAL_STEMS = re.compile(
    r"^(남|참|숨|심|넘|담|품|더듬|다듬|쓰다듬|머금|껴안|끌어안|안|신|삼|감)(고|다|지|게|던|거나|습니다|습니까|도록|더라|자마자)"
)
_NOUNS = re.compile(r"^(신고|신지|감지|감게|참고|심지|담지|안다|안지|안게|신게|안던|삼지|심다)(?!만)")
_HARD = {"ㄱ": "ㄲ", "ㄷ": "ㄸ", "ㅂ": "ㅃ", "ㅅ": "ㅆ", "ㅈ": "ㅉ"}


@cache
def _table() -> tuple[dict[str, str], re.Pattern[str]]:
    """Written -> respelled, and the pattern that finds the longest of them."""
    rows = [line.split() for line in _FILE.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    respelled = {written.lstrip("^"): said for written, said in rows}
    patterns = sorted((w.replace("^", r"(?<![가-힣])") for w, _ in rows), key=len, reverse=True)
    return respelled, re.compile("|".join(patterns))


def respell(word: str) -> str:
    """The word with what the rules cannot know written out; as many syllables as before."""
    table, pattern = _table()
    word = pattern.sub(lambda match: table[match[0]], word)
    word = _N_STAYS.sub(lambda match: _keep_n(word, match), word)
    word = _FUTURE.sub(_after_future, word)
    if not _NOUNS.match(word):
        word = _NASAL_STEMS.sub(lambda match: match[1] + harden(match[2]), word)
    return word


def _keep_n(word: str, match: re.Match[str]) -> str:
    syllables = decompose(match[0])
    if syllables[0].coda != "ㄴ" or match[0] in _L_WINS or word[match.start() - 1 : match.end()] in _L_WINS:
        return match[0]
    syllables[1].onset = "ㄴ"
    return match[1] + str(syllables[1])


def _after_future(match: re.Match[str]) -> str:
    """-(으)ㄹ게, -ㄹ걸, -ㄹ수록 …: 할게 [할께]."""
    if decompose(match[1][-1])[0].coda != "ㄹ" or match[1] in _L_STEMS:
        return match[0]
    return match[1] + harden(match[2])


def harden(hangul: str) -> str:
    """The same with a tense first onset, where there is one: 것 -> 껏."""
    if not hangul or not is_syllable(hangul[0]):
        return hangul
    first = decompose(hangul[0])[0]
    first.onset = _HARD.get(first.onset, first.onset)
    return str(first) + hangul[1:]
