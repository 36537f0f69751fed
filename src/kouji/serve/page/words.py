"""What the page says, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Mapping

from .chinese import chinese

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
    "emotion_clip_first": (
        "请上传或录制一段情感音频，或换一种方式。", "Upload or record one, or choose another way.",
    ),
    "voice_by_rule": ("可直接填写", "Write, for example"),
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
    "fine": ("种子、格式、语速、音高、音量、降噪", "Seed, format, speed, pitch, volume, noise"),
    "of_engine": ("预设与采样", "Preset and sampling"),
    "preset": ("预设", "Preset"),
    "usual": ("默认", "as usual"),
    "empty_is_usual": ("留空则用引擎默认值", "Empty: as the engine has it"),
    "temperature": ("温度", "Temperature"),
    "top_p": ("top_p", "top_p"),
    "top_k": ("top_k", "top_k"),
    "repetition_penalty": ("重复惩罚", "Repetition penalty"),
    "lacking": ("此引擎不支持", "This engine cannot do that"),
    "those_can": ("（可用：{}）", " (these can: {})"),
    "text_first": ("请先写文本。", "Write the text first."),
    "seed": ("种子（-1 为随机）", "Seed (-1: any)"),
    "speed": ("语速", "Speed"),
    "pitch": ("音高（半音）", "Pitch (semitones)"),
    "volume": ("音量（dB）", "Volume (dB)"),
    "denoise": ("降噪（0 为关闭）", "Less noise (0: off)"),
    "format": ("格式", "Format"),
    "help": ("拼音与标记", "Pinyin and markup"),
    "result": ("结果", "Result"),
    "takes": ("历次结果对比", "Takes, side by side"),
    "take_a": ("甲", "A"),
    "take_b": ("乙", "B"),
    "no_sound": ("按“朗读”之后，声音出现在这里。", "The sound appears here once you press Speak."),
    "made": ("已完成", "Done"),
    "take": ("结果", "take"),
    "from_clip": ("参考声音", "the clip's voice"),
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
    "hear": ("试听", "Listen to one"),
    "registered": ("已登记的音色", "Registered voices"),
    "key_needed": ("用户名为密钥的名称，密码为密钥。", "User name: what your key is called. Password: the key."),
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
    "script": ("脚本：CSV、TSV 或 JSONL 文件", "The script: a CSV, TSV or JSONL file"),
    "script_help": (
        """\
### 脚本

```csv
id,text,voice,speed
greeting,"Welcome, everybody.",english_1,
next,下一站，重{chong2}庆。,female_1,0.9
```

每行一句。首行写列名：`text`，以及可选的 `id`、`voice`、`language`、`seed`、`speed`、`duration`、`emotion` 等。
JSONL 每行一个对象，字段相同；与 `kouji batch` 的脚本一样。

先检查所有行，有问题则一并列出，什么也不做；全部可行才成为任务。任务在服务器上进行，关掉网页也不停。""",
        """\
### The script

```csv
id,text,voice,speed
greeting,"Welcome, everybody.",english_1,
next,下一站，重{chong2}庆。,female_1,0.9
```

A sentence a line. The first line names the columns: `text`, and if you like `id`, `voice`, `language`, `seed`,
`speed`, `duration`, `emotion` … A JSONL file has an object a line, with the same fields; it is the script of
`kouji batch`.

All lines are checked first; what is wrong is told of all of them, and nothing is done. Then it is a job: the server
goes on with it when this page is closed.""",
    ),
    "run": ("提交任务", "Hand in"),
    "levelled": ("响度统一到 −16 LUFS", "Bring all lines to −16 LUFS"),
    "callback": ("完成后通知的网址（选填）", "Address to tell of its end (optional)"),
    "no_callbacks": ("服务器没有设置 callback_secret，不能通知。", "This server has no callback_secret to sign with."),
    "checking": ("正在检查各行", "checking the lines"),
    "handed_in": ("已提交", "Handed in"),
    # jobs
    "jobs": ("任务", "Jobs"),
    "job": ("任务", "Job"),
    "jobs_newest": ("任务，新的在前", "Jobs, the newest first"),
    "whose": ("显示", "Show"),
    "all_jobs": ("全部", "all"),
    "my_jobs": ("此浏览器提交的", "handed in by this browser"),
    "no_jobs": (
        "还没有任务。在“批量”页提交脚本，或使用 POST /v1/jobs。",
        "There are no jobs yet. Hand in a script under Batch, or use POST /v1/jobs.",
    ),
    "none_of_mine": ("此浏览器还没有提交过任务。", "This browser has handed in no job yet."),
    "no_lines": ("没有行。", "There are no lines."),
    "no_deliveries": ("还没有发过通知。", "Nobody was told of this job yet."),
    "speech": ("单句", "speech"),
    "kind": ("类型", "Kind"),
    "queued": ("排队中", "queued"),
    "running": ("进行中", "running"),
    "done": ("完成", "done"),
    "failed": ("有失败", "failed"),
    "dead": ("已放弃", "given up"),
    "cancelled": ("已取消", "cancelled"),
    "resumed": ("已继续", "resumed"),
    "item": ("一行", "a line"),
    "n_failed": ("失败", "failed"),
    "n_dead": ("放弃", "given up"),
    "of": ("／", " of "),
    "lines": ("行", "lines"),
    "line": ("行", "Line"),
    "more_lines": ("行未显示", "more lines are not shown"),
    "created": ("提交于", "Handed in"),
    "finished": ("结束于", "Ended"),
    "as_made": ("响度不变", "loudness as made"),
    "callback_to": ("通知", "Tells"),
    "folder": ("文件夹", "Folder"),
    "cancel": ("取消", "Cancel"),
    "resume": ("继续／重试", "Resume, retry"),
    "download": ("下载结果", "Download"),
    "did_cancel": ("已取消", "Cancelled"),
    "did_resume": ("已继续", "Goes on"),
    "packed": ("已打包的文件数", "Files packed"),
    "zip": ("结果（zip）", "Results (zip)"),
    "listen": ("试听", "Listen"),
    "lines_of_job": ("各行", "Lines"),
    "deliveries": ("通知记录", "Who was told"),
    "event": ("事件", "Event"),
    "time": ("时间", "Time"),
    "answer": ("回应", "Answer"),
    "taken": ("已送达", "taken"),
    "remark": ("说明", "Remark"),
    "length_s": ("时长（秒）", "Length, s"),
    # engines
    "state": ("状态", "State"),
    "ready": ("就绪", "ready"),
    "not_ready": ("缺少权重", "weights missing"),
    "controls": ("可控制", "Controls"),
    "languages": ("语言", "Languages"),
    "rate": ("采样率", "Sample rate"),
    "part": ("部分", "Part"),
    "licences": ("许可", "Licences"),
    "credits": ("署名", "Credits"),
    "how_to_get": ("下载方法：", "To get them:"),
    "comma": ("、", ", "),
    "no_voices": ("没有自带音色，须给参考声音", "none of its own: give a voice to speak like"),
    "presets": ("预设", "Presets"),
    "control": ("控制", "Control"),
    "range": ("范围", "Range"),
    "meaning": ("说明", "Meaning"),
    "uses": ("可用于", "For"),
    "personal": ("个人", "personal"),
    "research": ("研究", "research"),
    "commercial": ("商业", "commercial"),
    "house": ("口技本身", "Kouji itself"),
    "code": ("代码", "code"),
    "weights": ("权重", "weights"),
    "vocoder's architecture": ("声码器结构", "vocoder's architecture"),
    "quantiser's arithmetic": ("量化器算法", "quantiser's arithmetic"),
    "speaker encoder": ("声纹编码器", "speaker encoder"),
    "pronunciation data": ("读音数据", "pronunciation data"),
    "text tokenizer": ("分词器", "text tokenizer"),
    "emotion.vector": ("情感：名称或八个权重", "emotion: a name, or eight weights"),
    "emotion.text": ("情感：文字描述", "emotion: in words"),
    "emotion.reference": ("情感：音频", "emotion: from a clip"),
    "emotion.matrix": ("情感样例的选择", "choice of emotion exemplars"),
    "duration.tokens": ("时长：词元数", "length in tokens"),
    "duration.slot": ("时长提示", "length told to the network"),
    "voice.reference": ("参考声音（克隆）", "a voice to speak like"),
    "voice.conversion": ("转换音色", "a recording said again"),
    "sampling": ("采样", "sampling"),
    "emotion.transcript": ("情感音频的文字", "emotion: words of the clip"),
    "segments.cut": ("切分方式", "where pieces are cut"),
    "refine": ("润色文本", "text written as people talk"),
    "homophones": ("同音字替换", "homophones"),
    "pronunciation": ("本次读音", "pronunciations of a request"),
    "normalize": ("照原文读", "said as written"),
    "segments": ("分段", "segments"),
    "tags": ("文中标记", "tags in the text"),
    "pinyin": ("文中拼音", "pinyin in the text"),
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

    def told(self, message: str) -> str:
        """A message of the house, which is English where it happens, in the language of the page."""
        return chinese(message) if self.language == "zh" else message

    def of(self, key: str) -> str:
        """The text where there is one, else the key itself: for names that engines bring along."""
        return TEXTS[key][self._column] if key in TEXTS else key
