"""What the page says, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("zh", "en")

# key -> (Chinese, English)
TEXTS: Mapping[str, tuple[str, str]] = {
    "title": ("口技 · 语音合成", "Kouji · speech"),
    "tagline": (
        "在您自己的机器上说话：中文、英语、日语、韩语、粤语。", "Speaks on your own machine: five languages, no cloud.",
    ),
    "colon": ("：", ": "),
    "speak": ("说话", "Speak"),
    "voices": ("音色库", "Voices"),
    "batch": ("批量", "Batch"),
    "engines": ("引擎与许可", "Engines and licences"),
    # speak
    "text": ("文本", "Text"),
    "text_hint": ("写下要说的话……", "What shall be said …"),
    "engine": ("引擎", "Engine"),
    "voice": ("音色", "Voice"),
    "language": ("语言", "Language"),
    "auto": ("自动", "automatic"),
    "zh": ("普通话", "Mandarin"),
    "en": ("英语", "English"),
    "ja": ("日语", "Japanese"),
    "ko": ("韩语", "Korean"),
    "yue": ("粤语", "Cantonese"),
    "say": ("朗读", "Speak"),
    "plan": ("预估时长", "Plan the length"),
    "readings": ("查看读音", "Show readings"),
    "reference": ("参考声音（克隆）", "A voice to speak like"),
    "clip": ("上传或录制 3 到 30 秒，仅一人说话", "Upload or record 3 to 30 s of one person"),
    "ref_text": ("其中所说的文字（选填）", "What is said in it (optional)"),
    "consent": ("我已取得声音主人的同意，可以使用这段声音。", "The owner of this voice has agreed to this use."),
    "no_file": ("没有文件。", "There is no file."),
    "no_clip": ("没有录音。", "There is no clip."),
    "needs_consent": ("未勾选声音主人的同意。", "The consent of the voice's owner is not ticked."),
    "tick_consent": (
        "请先取得同意，再勾选参考声音下的方框。", "Ask the person, then tick the box below the clip.",
    ),
    "emotion": ("情感", "Emotion"),
    "how": ("方式", "How"),
    "none": ("无", "none"),
    "by_name": ("名称", "name"),
    "by_weights": ("八个滑块", "eight sliders"),
    "by_words": ("文字描述", "in words"),
    "by_clip": ("情感音频", "from a clip"),
    "intensity": ("强度", "Intensity"),
    "emotion_words": ("描述", "Description"),
    "emotion_words_hint": ("例如：又惊又喜，有点激动", "For example: sad and a little tired"),
    "emotion_clip": ("取其神情而不取其音色", "Its manner is taken, not its voice"),
    "happy": ("高兴", "happy"),
    "angry": ("愤怒", "angry"),
    "sad": ("悲伤", "sad"),
    "afraid": ("害怕", "afraid"),
    "disgusted": ("厌恶", "disgusted"),
    "melancholic": ("忧郁", "melancholic"),
    "surprised": ("惊讶", "surprised"),
    "calm": ("平静", "calm"),
    "duration": ("时长", "Length"),
    "free": ("自然", "natural"),
    "seconds": ("秒数", "in seconds"),
    "ratio": ("倍数", "times natural"),
    "wanted_seconds": ("要求的秒数", "Seconds wanted"),
    "wanted_ratio": ("自然时长的倍数", "Times the natural length"),
    "natural": ("自然时长", "natural"),
    "feasible": ("可行范围", "feasible"),
    "wanted": ("要求", "wanted"),
    "fine": ("种子、语速、音高、音量", "Seed, speed, pitch, volume"),
    "seed": ("种子（-1 为随机）", "Seed (-1: any)"),
    "speed": ("语速", "Speed"),
    "pitch": ("音高（半音）", "Pitch (semitones)"),
    "volume": ("音量（dB）", "Volume (dB)"),
    "format": ("格式", "Format"),
    "help": ("拼音与标记", "Pinyin and markup"),
    "result": ("结果", "Result"),
    "takes": ("历次结果对比", "Takes, side by side"),
    "take_a": ("甲", "A"),
    "take_b": ("乙", "B"),
    "no_sound": ("按“朗读”之后，声音出现在这里。", "The sound appears here once you press Speak."),
    "made": ("已完成", "Done"),
    "ready_made": ("来自缓存", "from the cache"),
    "is_seed": ("种子", "seed"),
    # voices
    "library": ("可用的音色", "Who can speak"),
    "name": ("名称", "Name"),
    "gender": ("性别", "Gender"),
    "female": ("女", "female"),
    "male": ("男", "male"),
    "licence": ("许可", "Licence"),
    "add": ("登记音色", "Register a voice"),
    "person": ("声音主人", "Who consents"),
    "statement": ("同意的内容", "To what they agreed"),
    "statement_hint": ("例如：用于博物馆语音导览", "For example: for the audio guide of the museum"),
    "description": ("说明（选填）", "Description (optional)"),
    "added": ("已登记", "Registered"),
    "registered": ("已登记的音色", "Registered voices"),
    "key_needed": ("用户名任意，密码为本服务器的密钥。", "Any user name; the password is a key of this server."),
    "choose": ("选择", "Choose"),
    "revoke": ("撤销同意", "Revoke consent"),
    "remove": ("删除", "Remove"),
    "really_revoke": ("撤销后不能再用这个音色。继续？", "The voice will not speak any more. Go on?"),
    "really_remove": ("音色和它的录音都会删除。继续？", "The voice and its recordings will be deleted. Go on?"),
    "revoked": ("同意已撤销", "The consent is revoked"),
    "removed": ("已删除", "Removed"),
    # the doctor
    "verdict": ("录音检查", "The clip"),
    "ok": ("合格", "good"),
    "mended": ("已修整", "mended"),
    "warning": ("请注意", "mind this"),
    "refused": ("不可用", "cannot be used"),
    "length": ("长度", "length"),
    "level": ("电平", "level"),
    "clipping": ("削波", "clipping"),
    "offset": ("直流偏移", "offset"),
    "silence": ("静音", "silence"),
    "noise": ("噪声", "noise"),
    "bandwidth": ("带宽", "bandwidth"),
    "channels": ("声道", "channels"),
    "speakers": ("说话人", "speakers"),
    "music": ("音乐", "music"),
    # batch
    "script": ("CSV 或 JSONL 文件", "A CSV or JSONL file"),
    "script_help": (
        "每行一句。CSV 首行写列名：`text`，以及可选的 `id`、`voice`、`language`、`seed`、`speed`、`duration`、"
        "`emotion` 等；JSONL 每行一个对象，字段相同。结果是一个 zip：每句一个文件，并附 `results.csv`。",
        "One sentence a line. The first line of a CSV names its columns: `text`, and if you like `id`, `voice`, "
        "`language`, `seed`, `speed`, `duration`, `emotion` …; a JSONL file has an object a line, with the same "
        "fields. You get a zip: a file for each sentence, and `results.csv`.",
    ),
    "run": ("开始", "Start"),
    "stop": ("停止", "Stop"),
    "zip": ("结果", "Results"),
    "of": ("／", " of "),
    "lines_done": ("句完成", "lines done"),
    "lines_failed": ("句失败", "failed"),
    # engines
    "summary": ("说明", "Summary"),
    "state": ("状态", "State"),
    "ready": ("就绪", "ready"),
    "not_ready": ("缺少权重", "weights missing"),
    "controls": ("可控制", "Controls"),
    "languages": ("语言", "Languages"),
    "rate": ("采样率", "Sample rate"),
    "part": ("部分", "Part"),
    "licences": ("许可", "Licences"),
    "credits": ("署名", "Credits"),
    "how_to_get": ("下载方法：`kouji models pull 名称`", "To get weights: `kouji models pull NAME`"),
}

HELP = {
    "zh": """\
| 写法 | 意思 |
| --- | --- |
| `重{chong2}庆` | 这个字读 chong2；一字一个音节，声调 1 到 5 |
| `绿{lv4}` | ü 写作 v |
| `read{R EH1 D}` | 英语用 ARPABET；粤语用粤拼 `行{hong4}` |
| `<happy 0.6>太好了！</happy>` | 情感与强度 |
| `<voice male_1>你好。</voice>` | 换一个音色 |
| `<break 500ms>` | 正好半秒的停顿 |
| `<duration 2.4s>…</duration>` | 这一段正好 2.4 秒 |

以 `<speak` 开头的文本按 SSML 处理。""",
    "en": """\
| write | means |
| --- | --- |
| `重{chong2}庆` | this character is read chong2: one syllable a character, tones 1 to 5 |
| `绿{lv4}` | ü is written v |
| `read{R EH1 D}` | English takes ARPABET; Cantonese takes jyutping: `行{hong4}` |
| `<happy 0.6>Wonderful!</happy>` | an emotion and its intensity |
| `<voice male_1>你好。</voice>` | another voice |
| `<break 500ms>` | exactly half a second of silence |
| `<duration 2.4s>…</duration>` | this part takes exactly 2.4 s |

A text that begins with `<speak` is SSML.""",
}


class Words:
    """The texts of one language: `words["speak"]`."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._column = LANGUAGES.index(language)

    def __getitem__(self, key: str) -> str:
        """The text; a key that is in no table is a defect and raises KeyError."""
        return TEXTS[key][self._column]

    def of(self, key: str) -> str:
        """The text where there is one, else the key itself: for names that engines bring along."""
        return TEXTS[key][self._column] if key in TEXTS else key
