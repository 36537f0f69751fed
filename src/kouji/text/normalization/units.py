"""Units of measurement and currencies, and how five languages say them."""

from __future__ import annotations

import re

# written forms | Mandarin | English (plural in brackets) | Japanese | Korean | Cantonese
_UNITS = """
mm|毫米|millimeter(s)|ミリメートル|밀리미터|毫米
cm|厘米|centimeter(s)|センチメートル|센티미터|厘米
m|米|meter(s)|メートル|미터|米
km|公里|kilometer(s)|キロメートル|킬로미터|公里
nm|纳米|nanometer(s)|ナノメートル|나노미터|納米
μm um|微米|micrometer(s)|マイクロメートル|마이크로미터|微米
mm² mm2|平方毫米|square millimeter(s)|平方ミリメートル|제곱밀리미터|平方毫米
cm² cm2|平方厘米|square centimeter(s)|平方センチメートル|제곱센티미터|平方厘米
m² m2 ㎡|平方米|square meter(s)|平方メートル|제곱미터|平方米
km² km2|平方公里|square kilometer(s)|平方キロメートル|제곱킬로미터|平方公里
cm³ cm3|立方厘米|cubic centimeter(s)|立方センチメートル|세제곱센티미터|立方厘米
m³ m3|立方米|cubic meter(s)|立方メートル|세제곱미터|立方米
km³ km3|立方公里|cubic kilometer(s)|立方キロメートル|세제곱킬로미터|立方公里
ha|公顷|hectare(s)|ヘクタール|헥타르|公頃
ft|英尺|f(oo/ee)t|フィート|피트|呎
in|英寸|inch(es)|インチ|인치|吋
yd|码|yard(s)|ヤード|야드|碼
mi|英里|mile(s)|マイル|마일|英里
mph|英里每小时|mile(s) per hour|マイル毎時|마일 퍼 아워|英里每小時
kph|公里每小时|kilometer(s) per hour|キロメートル毎時|킬로미터 퍼 아워|公里每小時
g|克|gram(s)|グラム|그램|克
mg|毫克|milligram(s)|ミリグラム|밀리그램|毫克
μg ug|微克|microgram(s)|マイクログラム|마이크로그램|微克
kg|千克|kilogram(s)|キログラム|킬로그램|公斤
t|吨|ton(s)|トン|톤|噸
lb lbs|磅|pound(s)|ポンド|파운드|磅
oz|盎司|ounce(s)|オンス|온스|安士
L l|升|liter(s)|リットル|리터|公升
ml mL|毫升|milliliter(s)|ミリリットル|밀리리터|毫升
cc|毫升|c c|シーシー|시시|毫升
gal|加仑|gallon(s)|ガロン|갤런|加侖
ns|纳秒|nanosecond(s)|ナノ秒|나노초|納秒
μs us|微秒|microsecond(s)|マイクロ秒|마이크로초|微秒
ms|毫秒|millisecond(s)|ミリ秒|밀리초|毫秒
s sec secs|秒|second(s)|秒|초|秒
min mins|分钟|minute(s)|分|분|分鐘
h hr hrs|小时|hour(s)|時間|시간|個鐘
W|瓦|watt(s)|ワット|와트|瓦
kW|千瓦|kilowatt(s)|キロワット|킬로와트|千瓦
MW|兆瓦|megawatt(s)|メガワット|메가와트|兆瓦
GW|吉瓦|gigawatt(s)|ギガワット|기가와트|吉瓦
kWh kW·h|千瓦时|kilowatt hour(s)|キロワット時|킬로와트시|千瓦時
V|伏|volt(s)|ボルト|볼트|伏
kV|千伏|kilovolt(s)|キロボルト|킬로볼트|千伏
mV|毫伏|millivolt(s)|ミリボルト|밀리볼트|毫伏
mA|毫安|milliamp(s)|ミリアンペア|밀리암페어|毫安
mAh|毫安时|milliamp hour(s)|ミリアンペア時|밀리암페어시|毫安時
Ω|欧姆|ohm(s)|オーム|옴|歐姆
Hz|赫兹|hertz|ヘルツ|헤르츠|赫茲
kHz|千赫兹|kilohertz|キロヘルツ|킬로헤르츠|千赫茲
MHz|兆赫兹|megahertz|メガヘルツ|메가헤르츠|兆赫茲
GHz|吉赫兹|gigahertz|ギガヘルツ|기가헤르츠|吉赫茲
dB|分贝|decibel(s)|デシベル|데시벨|分貝
J|焦耳|joule(s)|ジュール|줄|焦耳
kJ|千焦|kilojoule(s)|キロジュール|킬로줄|千焦
cal|卡|calorie(s)|カロリー|칼로리|卡路里
kcal|千卡|kilocalorie(s)|キロカロリー|킬로칼로리|千卡路里
Pa|帕|pascal(s)|パスカル|파스칼|帕
kPa|千帕|kilopascal(s)|キロパスカル|킬로파스칼|千帕
MPa|兆帕|megapascal(s)|メガパスカル|메가파스칼|兆帕
hPa|百帕|hectopascal(s)|ヘクトパスカル|헥토파스칼|百帕
KB kB|K B|kilobyte(s)|キロバイト|킬로바이트|K B
MB|M B|megabyte(s)|メガバイト|메가바이트|M B
GB|G B|gigabyte(s)|ギガバイト|기가바이트|G B
TB|T B|terabyte(s)|テラバイト|테라바이트|T B
Mbps|兆比特每秒|megabit(s) per second|メガビーピーエス|메가비피에스|M B P S
Gbps|吉比特每秒|gigabit(s) per second|ギガビーピーエス|기가비피에스|G B P S
kbps Kbps|千比特每秒|kilobit(s) per second|キロビーピーエス|킬로비피에스|K B P S
rpm|转每分钟|revolution(s) per minute|回転毎分|알피엠|轉每分鐘
px|像素|pixel(s)|ピクセル|픽셀|像素
fps|帧每秒|frame(s) per second|フレーム毎秒|프레임|幀每秒
°C ℃|摄氏度|degree(s) Celsius|度|도|度
°F ℉|华氏度|degree(s) Fahrenheit|華氏|화씨|華氏度
°|度|degree(s)|度|도|度
"""
_CURRENCIES = """
USD|美元|dollar(s)|ドル|달러|美元
EUR|欧元|euro(s)|ユーロ|유로|歐元
GBP|英镑|pound(s)|ポンド|파운드|英鎊
CNY RMB|元|yuan|元|위안|元
JPY|日元|yen|円|엔|日圓
KRW|韩元|won|ウォン|원|韓圜
HKD|港元|Hong Kong dollar(s)|香港ドル|홍콩달러|港元
TWD|新台币|Taiwan dollar(s)|台湾ドル|대만달러|新台幣
AUD|澳元|Australian dollar(s)|オーストラリアドル|호주달러|澳元
CAD|加元|Canadian dollar(s)|カナダドル|캐나다달러|加元
SGD|新加坡元|Singapore dollar(s)|シンガポールドル|싱가포르달러|新加坡元
INR|卢比|rupee(s)|ルピー|루피|盧比
RUB|卢布|ruble(s)|ルーブル|루블|盧布
THB|泰铢|baht|バーツ|바트|泰銖
VND|越南盾|dong|ドン|동|越南盾
"""
_COLUMN = {"zh": 0, "en": 1, "ja": 2, "ko": 3, "yue": 4}


def _table(rows: str) -> dict[str, tuple[str, ...]]:
    table = {}
    for row in rows.strip().splitlines():
        written, *said = row.split("|")
        table.update(dict.fromkeys(written.split(), tuple(said)))
    return table


UNITS = _table(_UNITS)
CURRENCY_NAMES = _table(_CURRENCIES)
# Longest first, so that km² is not read as km; a unit ends where no letter follows.
UNIT = "(?:" + "|".join(re.escape(u) for u in sorted(UNITS, key=len, reverse=True)) + r")(?![A-Za-z²³°])"


def unit(written: str, language: str, one: bool = False) -> str:
    """How a unit is said: unit("km", "en") -> "kilometers"."""
    return _inflect(UNITS[written][_COLUMN[language]], one)


def currency(code: str, language: str, one: bool = False) -> str:
    """How a currency (ISO code) is said."""
    return _inflect(CURRENCY_NAMES[code][_COLUMN[language]], one)


def _inflect(said: str, one: bool) -> str:
    if "/" in said:  # f(oo/ee)t
        return re.sub(r"\((\w+)/(\w+)\)", r"\1" if one else r"\2", said)
    return re.sub(r"\((\w+)\)", "" if one else r"\1", said)
