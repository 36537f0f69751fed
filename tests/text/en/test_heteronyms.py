"""Words with two readings, in sentences that decide which. Readings are CMUdict's."""

from __future__ import annotations

import pytest

from kouji.text.en import to_units

SENTENCES = """
I read that book yesterday. | read | R EH1 D
She has read every page. | read | R EH1 D
Please read the letter aloud. | read | R IY1 D
I like to read in bed. | read | R IY1 D
He read the note twice and left. | read | R EH1 D
Have you ever read Tolstoy? | read | R EH1 D
They will lead the way. | lead | L IY1 D
The old pipes were made of lead. | lead | L EH1 D
Lead paint is dangerous to children. | Lead | L EH1 D
She took the lead in the race. | lead | L IY1 D
We live in a small town. | live | L IH1 V
The band played a live concert. | live | L AY1 V
The show was broadcast live. | live | L AY1 V
I want to live by the sea. | live | L IH1 V
He lives near the station. | lives | L IH1 V Z
They risked their lives. | lives | L AY1 V Z
I will record the song tomorrow. | record | R IH0 K AO1 R D
She broke the world record. | record | R EH1 K ER0 D
The records are kept in a box. | records | R EH1 K ER0 D Z
He records every lecture. | records | R IH0 K AO1 R D Z
The present is on the table. | present | P R EH1 Z AH0 N T
They will present the award tonight. | present | P R IH0 Z EH1 N T
All the students were present. | present | P R EH1 Z AH0 N T
What is the use of that? | use | Y UW1 S
You can use my phone. | use | Y UW1 Z
We used to live there. | used | Y UW1 S T
He used a hammer. | used | Y UW1 Z D
I am used to the noise. | used | Y UW1 S T
Please close the door. | close | K L OW1 Z
The shop is close to the station. | close | K L OW1 S
They are close friends. | close | K L OW1 S
The wind was cold. | wind | W IH1 N D
You must wind the clock every night. | wind | W AY1 N D
A tear rolled down her cheek. | tear | T IH1 R
Do not tear the paper. | tear | T EH1 R
There was a tear in his shirt. | tear | T EH1 R
He burst into tears. | tears | T IH1 R Z
She tied a bow in her hair. | bow | B OW1
The actors bow to the audience. | bow | B AW1
He shot the arrow with his bow. | bow | B OW1
The captain stood at the bow of the ship. | bow | B AW1
He plays the bass guitar. | bass | B EY1 S
We caught a bass in the lake. | bass | B AE1 S
Wait a minute. | minute | M IH1 N AH0 T
The report covers every minute detail. | minute | M AY0 N UW1 T
The object fell to the ground. | object | AA1 B JH EH0 K T
I object to that remark. | object | AH0 B JH EH1 K T
The content of the page is good. | content | K AA1 N T EH0 N T
She was content with her life. | content | K AH0 N T EH1 N T
Camels cross the desert. | desert | D EH1 Z ER0 T
He would never desert his friends. | desert | D IH0 Z ER1 T
What does he want? | does | D AH1 Z
A white dove sat on the roof. | dove | D AH1 V
He dove into the pool. | dove | D OW1 V
The house is empty. | house | HH AW1 S
The museum will house the collection. | house | HH AW1 Z
They live in separate rooms. | separate | S EH1 P ER0 IH0 T
Please separate the eggs. | separate | S EH1 P ER0 EY2 T
The nurse cleaned the wound. | wound | W UW1 N D
She wound the rope around the post. | wound | W AW1 N D
The estimate was too low. | estimate | EH1 S T AH0 M AH0 T
We estimate that it will cost more. | estimate | EH1 S T AH0 M EY2 T
They refuse to pay. | refuse | R AH0 F Y UW1 Z
That is no excuse. | excuse | IH0 K S K Y UW1 S
Excuse me, please. | Excuse | IH0 K S K Y UW1 Z
Farmers produce milk and cheese. | produce | P R AH0 D UW1 S
The contract was signed. | contract | K AA1 N T R AE2 K T
Metals contract when they cool. | contract | K AH0 N T R AE1 K T
The project is late. | project | P R AA1 JH EH0 K T
We project higher sales next year. | project | P R AH0 JH EH1 K T
Prices increase every year. | increase | IH0 N K R IY1 S
There was an increase in prices. | increase | IH1 N K R IY2 S
You need a permit to park here. | permit | P ER1 M IH2 T
Smoking is not permitted; we do not permit it. | permit | P ER0 M IH1 T
I graduate next year. | graduate | G R AE1 JH AH0 W EY2 T
She is a graduate of Yale. | graduate | G R AE1 JH AH0 W AH0 T
He speaks fluent Polish. | Polish | P OW1 L IH0 SH
Polish the silver before dinner. | Polish | P AA1 L IH0 SH
They will perfect the design. | perfect | P ER0 F EH1 K T
It was a perfect day. | perfect | P ER1 F IH0 K T
The rebels rebel against the king. | rebel | R IH0 B EH1 L
Please resume your seats. | resume | R IH0 Z UW1 M
Send me your resume. | resume | R EH1 Z AH0 M EY2
The results conflict with the theory. | conflict | K AH0 N F L IH1 K T
The conflict lasted years. | conflict | K AA1 N F L IH0 K T
The soldier was addicted; the addict fell asleep. | addict | AE1 D IH0 K T
The bandage was wound around his arm. | wound | W AW1 N D
The system uses two cameras. | uses | Y UW1 Z IH0 Z
The tool has many uses. | uses | Y UW1 S IH0 Z
Many people use it daily. | use | Y UW1 Z
He increases the volume. | increases | IH0 N K R IY1 S IH0 Z
Price increases are coming. | increases | IH1 N K R IY2 S IH0 Z
We want to reduce costs and increase sales. | increase | IH0 N K R IY1 S
They insult each other. | insult | IH0 N S AH1 L T
That was an insult. | insult | IH1 N S AH2 L T
The invalid argument was rejected. | invalid | IH0 N V AE1 L AH0 D
His uncle was an invalid. | invalid | IH1 N V AH0 L AH0 D
The suspect ran away. | suspect | S AH1 S P EH2 K T
I suspect he is right. | suspect | S AH0 S P EH1 K T
Can I get a refund? | refund | R IY1 F AH2 N D
They will refund the money. | refund | R IH0 F AH1 N D
The child aged ten was lost. | aged | EY1 JH D
She is a learned woman. | learned | L ER1 N IH0 D
He learned to swim. | learned | L ER1 N D
The august assembly rose. | august | AO0 G AH1 S T
It rains in August. | August | AO1 G AH0 S T
"""


@pytest.mark.parametrize("line", SENTENCES.strip().splitlines())
def test_the_sentence_decides(line: str) -> None:
    sentence, word, expected = (part.strip() for part in line.split("|"))
    readings = {unit.reading for unit in to_units(sentence) if unit.text == word}
    assert readings == {expected}
