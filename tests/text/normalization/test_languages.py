"""How numbers, dates, money … are said, language by language."""

from __future__ import annotations

import pytest

from kouji.text import normalize

CASES = {
    "zh": """
        我花了5000元 | 我花了五千元
        2个人买了2斤苹果，住2楼 | 两个人买了两斤苹果，住二楼
        第2次，22次，2万，2.5 | 第二次，二十二次，两万，二点五
        10010和100010 | 一万零一十和十万零一十
        一共1,234,567人 | 一共一百二十三万四千五百六十七人
        1998年5月3日 | 一九九八年五月三日
        2024-03-15 10:05 | 二零二四年三月十五日 十点零五分
        98年出生，26年过去了，2000年前 | 九八年出生，二十六年过去了，两千年前
        80后和95后，3月5日-7日 | 八零后和九五后，三月五日到七日
        9:00-18:00 | 九点到十八点
        售价￥99.8，原价$1,299.99，约5.5亿 | 售价九十九点八元，原价一千二百九十九点九九美元，约五点五亿
        HK$50，€20万 | 五十港元，二十万欧元
        增长-3.5%，30%-50% | 增长负百分之三点五，百分之三十到百分之五十
        -5℃，100km/h，85m²，500ml | 零下五摄氏度，每小时一百公里，八十五平方米，五百毫升
        电话13912345678，010-62345678，拨打12306 | 电话幺三九幺二三四五六七八，零一零六二三四五六七八，拨打幺二三零六
        3-5天，10~20人 | 三到五天，十到二十人
        1/3，比分3:2，v2.0.1 | 三分之一，比分三比二，v 二点零点一
        3+5=8，9-4=5，2^10 | 三加五等于八，九减四等于五，二的十次方
        PM2.5，5G，MP3，T-34-85 | PM二点五，五G，MP三，T 三十四 八十五
        网址www.test.com | 网址 www 点 test 点 com
        我1米75，2块5 | 我一米七五，两块五
        房间1208室，CA1234 | 房间幺二零八室，CA幺二三四
    """,
    "en": """
        I have 2 dogs and 1,234 ants. | I have two dogs and one thousand two hundred and thirty four ants.
        In 1987, 2005 and 2024. | In nineteen eighty seven, two thousand five and twenty twenty four.
        the 1990s | the nineteen nineties
        It costs $3.50, $1 or £20. | It costs three dollars and fifty cents, one dollar or twenty pounds.
        $5 million and 50¢ | five million dollars and fifty cents
        At 3:45 PM or 9:05. | At three forty five PM or nine oh five.
        March 5th, 2025 and 2024-06-01 | March fifth, twenty twenty five and the first of June, twenty twenty four
        Call 555-123-4567. | Call five five five, one two three, four five six seven.
        12.5%, 10-20%, -3% | twelve point five percent, ten to twenty percent, negative three percent
        5 km at 60 mph, 20°C, 1 kg | five kilometers at sixty miles per hour, twenty degrees Celsius, one kilogram
        1/2, 3/4, 2 1/2 cups | one half, three quarters, two and a half cups
        1st, 22nd, 100th | first, twenty second, one hundredth
        Dr. Smith vs. Mr. Lee, e.g. No. 5 | Doctor Smith versus Mister Lee, for example number five
        Henry VIII, World War II | Henry the eighth, World War two
        3-5 days, score 3:2 | three to five days, score three to two
        2 + 2 = 4, 12 x 12 = 144 | two plus two equals four, twelve times twelve equals one hundred and forty four
        GPT-4, F-16, v2.0.1 | GPT four, F sixteen, v two point zero point one
        R&D, C++ and C# | R and D, C plus plus and C sharp
        me.you@site.org | me dot you at site dot org
        I did 5 in 2024. | I did five in twenty twenty four.
    """,
    "ja": """
        1234円、100万円 | 千二百三十四円、百万円
        2024年3月15日、午後3時30分 | 二千二十四年三月十五日、午後三時三十分
        10:30〜12:00 | 十時三十分から十二時
        03-1234-5678 | ゼロ三の一二三四の五六七八
        50%、-5℃、3.14 | 五十パーセント、マイナス五度、三点一四
        1/2、3:2 | 二分の一、三対二
        $50、¥3,000 | 五十ドル、三千円
        100km/h、16GB | 時速百キロメートル、十六ギガバイト
        NHKとTシャツ | エヌエイチケーとティーシャツ
    """,
    "ko": """
        2024년 6월 10일 | 이천이십사년 유월 십일
        사과 3개, 사람 20명, 21살 | 사과 세개, 사람 스무명, 스물한살
        3개월, 50달러, 3층, 101호 | 삼개월, 오십달러, 삼층, 백일호
        오후 3시 30분, 15:45 | 오후 세시 삼십분, 십오시 사십오분
        010-1234-5678 | 공일공 일이삼사 오육칠팔
        1,234원, 5만원, $50 | 천이백삼십사원, 오만원, 오십달러
        50%, -2%, 1/2 | 오십퍼센트, 마이너스 이퍼센트, 이분의 일
        5km, 100km/h | 오킬로미터, 시속 백킬로미터
        3~5일, 10-20명 | 삼에서 오일, 열에서 스무명
        KTX와 K팝 | 케이티엑스와 케이팝
    """,
    "yue": """
        2024年5月1號 | 二零二四年五月一號
        2個人，第2個，22個，200，2000 | 兩個人，第二個，二十二個，二百，兩千
        2:30，12:05 | 兩點半，十二點零五分
        $50，HK$100 | 五十蚊，一百港元
        電話2345-6789，打999 | 電話二三四五六七八九，打九九九
        50%，-5℃，100km/h | 百分之五十，零下五度，每個鐘一百公里
        3-5日，10:30至12:00 | 三至五日，十點半至十二點
    """,
}
ROWS = [
    (language, *(part.strip() for part in line.split(" | ")))
    for language, block in CASES.items()
    for line in block.strip().splitlines()
]


@pytest.mark.parametrize(("language", "written", "said"), ROWS)
def test_what_is_written_is_said_like_this(language: str, written: str, said: str) -> None:
    assert normalize(written, language) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("我今天买了一台iPhone，花了5000元。", "我今天买了一台iPhone，花了五千元。"),
        ("iPhone 15 Pro卖9999元", "iPhone 十五 Pro卖九千九百九十九元"),
        ("他说 I have 3 apples 然后走了", "他说 I have three apples 然后走了"),
        ("価格は1000円，大约50元人民币。", "価格は千円，大约五十元人民币。"),
        ("사과 3개 그리고 2 apples and 5 pears", "사과 세개 그리고 two apples and five pears"),
        ("我有2部iPhone 15喺屋企", "我有兩部iPhone 十五喺屋企"),
    ],
)
def test_a_number_takes_the_language_around_it(written: str, said: str) -> None:
    assert normalize(written) == said
