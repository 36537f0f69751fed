"""Korean words and how they are said: the examples of 표준 발음법 (Standard Pronunciation) and everyday words."""

from __future__ import annotations

import pytest

from kouji.errors import InvalidInput
from kouji.text.ko import to_units

WORDS = """
닦다 닥따; 키읔 키윽; 옷 옫; 있다 읻따; 젖 젇; 빚다 빋따; 꽃 꼳; 쫓다 쫃따; 솥 솓; 뱉다 밷따; 앞 압
덮다 덥따; 넋 넉; 넋과 넉꽈; 앉다 안따; 여덟 여덜; 넓다 널따; 외곬 외골; 핥다 할따; 값 갑; 없다 업따
밟다 밥따; 밟소 밥쏘; 밟지 밥찌; 밟는 밤는; 밟게 밥께; 밟고 밥꼬; 넓죽하다 넙쭈카다; 넓둥글다 넙뚱글다; 닭 닥
흙과 흑꽈; 맑다 막따; 늙지 늑찌; 삶 삼; 젊다 점따; 읊고 읍꼬; 읊다 읍따; 맑게 말께; 묽고 물꼬; 얽거나 얼꺼나
놓고 노코; 좋던 조턴; 쌓지 싸치; 많고 만코; 않던 안턴; 닳지 달치; 각하 가카; 먹히다 머키다; 밝히다 발키다
맏형 마텽; 좁히다 조피다; 넓히다 널피다; 꽂히다 꼬치다; 앉히다 안치다; 닿소 다쏘; 많소 만쏘; 싫소 실쏘; 놓는 논는
쌓네 싼네; 않네 안네; 않는 안는; 뚫네 뚤레; 뚫는 뚤른; 낳은 나은; 놓아 노아; 쌓이다 싸이다; 많아 마나; 않은 아는
닳아 다라; 싫어도 시러도; 깎아 까까; 옷이 오시; 있어 이써; 낮이 나지; 꽂아 꼬자; 꽃을 꼬츨; 쫓아 쪼차; 밭에 바테
앞으로 아프로; 덮이다 더피다; 넋이 넉씨; 앉아 안자; 닭을 달글; 젊어 절머; 곬이 골씨; 핥아 할타; 읊어 을퍼
값을 갑쓸; 없어 업써; 겉옷 거돋; 맛없다 마덥따; 값어치 가버치; 값있는 가빈는; 디귿이 디그시; 지읒을 지으슬
키읔에 키으게; 티읕이 티으시; 곧이듣다 고지듣따; 굳이 구지; 미닫이 미다지; 땀받이 땀바지; 밭이 바치; 벼훑이 벼훌치
굳히다 구치다; 닫히다 다치다; 묻히다 무치다; 붙여 부처; 먹는 멍는; 국물 궁물; 깎는 깡는; 키읔만 키응만
몫몫이 몽목씨; 긁는 긍는; 흙만 흥만; 닫는 단는; 짓는 진는; 옷맵시 온맵씨; 있는 인는; 맞는 만는; 젖멍울 전멍울
쫓는 쫀는; 꽃망울 꼰망울; 붙는 분는; 잡는 잠는; 밥물 밤물; 앞마당 암마당; 밟는 밤는; 읊는 음는; 없는 엄는
담력 담녁; 침략 침냑; 강릉 강능; 항로 항노; 대통령 대통녕; 막론 망논; 백리 뱅니; 협력 혐녁; 십리 심니; 난로 날로
신라 실라; 천리 철리; 광한루 광할루; 대관령 대괄령; 칼날 칼랄; 물난리 물랄리; 줄넘기 줄럼끼; 할는지 할른지
닳는 달른; 핥네 할레; 의견란 의견난; 임진란 임진난; 생산량 생산냥; 결단력 결딴녁; 공권력 공꿘녁; 동원령 동원녕
상견례 상견녜; 횡단로 횡단노; 이원론 이원논; 입원료 이붠뇨; 국밥 국빱; 삯돈 삭똔; 닭장 닥짱; 칡범 칙뻠
뻗대다 뻗때다; 옷고름 옫꼬름; 있던 읻떤; 꽃다발 꼳따발; 낯설다 낟썰다; 밭갈이 받까리; 솥전 솓쩐; 곱돌 곱똘
덮개 덥깨; 옆집 엽찝; 넓게 널께; 훑소 훌쏘; 떫지 떨찌; 얹다 언따; 닮고 담꼬; 굶기다 굼기다; 옮기다 옴기다
갈등 갈뜽; 발동 발똥; 절도 절또; 말살 말쌀; 일시 일씨; 갈증 갈쯩; 물질 물찔; 발전 발쩐; 몰상식 몰쌍식; 할걸 할껄
할게 할께; 할수록 할쑤록; 할지라도 할찌라도; 문고리 문꼬리; 눈동자 눈똥자; 신바람 신빠람; 손재주 손째주; 길가 길까
물동이 물똥이; 발바닥 발빠닥; 술잔 술짠; 아침밥 아침빱; 강가 강까; 초승달 초승딸; 등불 등뿔; 창살 창쌀
솜이불 솜니불; 홑이불 혼니불; 막일 망닐; 삯일 상닐; 맨입 맨닙; 꽃잎 꼰닙; 내복약 내봉냑; 한여름 한녀름
신여성 신녀성; 색연필 생년필; 직행열차 지캥녈차; 늑막염 능망념; 콩엿 콩녇; 담요 담뇨; 눈요기 눈뇨기; 영업용 영엄뇽
식용유 시굥뉴; 들일 들릴; 솔잎 솔립; 물약 물략; 불여우 불려우; 서울역 서울력; 물엿 물렫; 휘발유 휘발류; 깻잎 깬닙
나뭇잎 나문닙; 뒷일 뒨닐; 십육 심뉵; 시계 시게; 예의 예의; 차례 차례; 희망 히망; 무늬 무니; 가져 가저; 다쳐 다처
읽다 익따; 읽고 일꼬; 읽는 잉는; 닭이 달기; 흙을 흘글; 값이 갑씨; 없습니다 업씀니다; 좋습니다 조씀니다
합니다 함니다; 같이 가치; 축하 추카; 못하다 모타다; 입학 이팍; 독립 동닙; 학교 학꾜; 감사합니다 감사함니다
안녕하십니까 안녕하심니까; 한국말 한궁말; 괜찮아요 괜차나요; 싫어요 시러요; 그렇지만 그러치만; 어떻게 어떠케
꽃향기 꼬턍기; 여덟도 여덜도; 삶과 삼과; 인기 인끼; 조건 조껀; 문법 문뻡; 한자 한짜; 효과 효꽈; 물고기 물꼬기
김밥 김빱; 열심히 열씸히; 결정 결쩡; 활동 활똥; 한국전력 한국쩔력; 관리 괄리; 원래 월래; 연락 열락; 음료 음뇨
종로 종노; 왕십리 왕심니; 서른여섯 서른녀섣; 스물여섯 스물려섣; 첫인상 처딘상
"""
PAIRS = [tuple(pair.split()) for line in WORDS.strip().splitlines() for pair in line.split("; ")]


@pytest.mark.parametrize(("written", "said"), PAIRS)
def test_a_word_is_said_as_the_standard_says(written: str, said: str) -> None:
    (unit,) = to_units(written)
    assert (unit.reading, unit.said) == (written, said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("할 것을 했다.", "할 꺼슬 핻따"),
        ("갈 수 있어요", "갈 쑤 이써요"),
        ("옷 한 벌", "오 탄 벌"),
        ("못 해요", "모 태요"),
        ("집 앞에서", "지 바페서"),
        ("무슨 일이에요?", "무슨 니리에요"),
        ("할 일이 많다", "할 리리 만타"),
        ("여덟 시", "여덜 씨"),
        ("열 개", "열 깨"),
        ("밥 먹었어요?", "밤 머거써요"),
        ("책을 읽지 않는다", "채글 익찌 안는다"),
        ("한국어를 공부하고 있습니다.", "한구거를 공부하고 읻씀니다"),
        ("오늘 날씨가 정말 좋네요!", "오늘 날씨가 정말 존네요"),
        ("서울 역사", "서울 역싸"),
    ],
)
def test_short_words_lean_on_the_next_and_long_ones_stand_alone(text: str, said: str) -> None:
    assert " ".join(unit.said for unit in to_units(text)) == said


def test_a_pause_keeps_words_apart() -> None:
    assert [(u.said, u.pause) for u in to_units("밥, 먹어요.")] == [("밥", ","), ("머거요", ".")]


def test_verbs_and_nouns_of_the_same_letters_differ() -> None:
    assert [u.said for u in to_units("할게 알게 만들지 도울게요")] == ["할께", "알게", "만들지", "도울께요"]
    assert [u.said for u in to_units("숨고 남지 신고 남자")] == ["숨꼬", "남찌", "신고", "남자"]


def test_phonemes_follow_what_is_said() -> None:
    (unit,) = to_units("국물")
    assert unit.phonemes == ("k", "u", "ŋ", "m", "u", "l")
    assert to_units("신라")[0].phonemes == ("s", "i", "l", "l", "a")
    assert to_units("집")[0].phonemes == ("tɕ", "i", "p̚")


def test_what_the_user_gives_is_said_as_it_is() -> None:
    assert [(u.text, u.said) for u in to_units("값이 싸다", {0: "갑씨"})] == [("값이", "갑씨"), ("싸다", "싸다")]
    assert [(u.text, u.said) for u in to_units("값이 싸다", {0: "갑"})] == [
        ("값", "갑"),
        ("이", "이"),
        ("싸다", "싸다"),
    ]
    with pytest.raises(InvalidInput):
        to_units("값이", {0: "gap"})


def test_letters_digits_and_laughter_have_names() -> None:
    assert [u.said for u in to_units("KTX로")] == ["케이티엑쓰로"]
    assert [u.said for u in to_units("ㅋㅋ ㄱ")] == ["크크", "기역"]


def test_decomposed_hangul_is_the_same() -> None:
    assert to_units("\u1100\u1161\u11a8")[0].said == "각"


def test_chinese_characters_are_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match="漢"):
        to_units("漢字를 쓴다")


@pytest.mark.parametrize("text", ["", "…", "?!", "😀", "   "])
def test_a_text_without_words_has_no_units(text: str) -> None:
    assert to_units(text) == []


def test_a_very_long_text_is_quick() -> None:
    assert len(to_units("한국말을 합니다. " * 10_000)) == 20_000
