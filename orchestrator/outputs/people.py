"""[pure] Nouns for people: what a column, a label or a sentence counts when it counts somebody.

Source: outputs section 3, "Finding count columns".
"""


def listed(text: str) -> frozenset[str]:
    """List words."""
    return frozenset(text.split())


AGES = listed("children infants babies newborns neonates adolescents teenagers adults")
"""Everybody of a study of theirs; where two of them stand side by side each is a category."""

_FEMALE = listed(
    "female females women woman girls weiblich frau frauen vrouw vrouwen vrouwelijk femme femmes "
    "feminin feminine mujer mujeres femenino femmina femmine donna donne"
)
_MALE = listed(
    "male males men man boys mannlich maennlich mann manner maenner mannen mannelijk homme hommes "
    "masculin hombre hombres masculino maschio maschi uomo uomini"
)
SAME = dict.fromkeys(_FEMALE - {"girls"}, "female") | dict.fromkeys(_MALE - {"boys"}, "male")
"""One word for each sex, whatever the language: two tables may be in two of them."""

SEXES = listed("women men males females girls boys") | {
    word for word in _FEMALE | _MALE if word not in {"female", "male", "woman", "man"}
}
"""People, and a category of them as well."""

_PLURALS = AGES | listed(
    "patients persons people subjects participants individuals donors recipients volunteers "
    "smokers carriers respondents attendees inpatients outpatients probands residents"
)

_ELSEWHERE = listed(
    "patienten patientinnen personen kinder teilnehmer probanden patiënten "
    "patientes "
    "kinderen deelnemers enfants personnes pacientes personas "
    "pazienti persone niños osób osoby pacjentów pacjenci pacjentek chorych chorzy patienter"
)
"""The same in German, Dutch, French, Spanish and Italian."""

ANYBODY = _PLURALS | _ELSEWHERE | listed("patient person subject participant")
"""Whoever is counted, by words that say so by themselves."""

OUTCOMES = listed("relapses progressions remissions responders nonresponders survivors")
"""What people had or became, each counted once."""

NOUNS = "|".join(sorted(_PLURALS | SEXES | _ELSEWHERE))
"""Several people, as a part of a pattern."""

NOUN = "patient|person|subject|participant|individual|child|infant|man|woman|girl|boy|donor"
"""One of them."""

FATES = (
    "died|relapsed|survived|progressed|responded|recovered|withdrew|deceased|developed|experienced|"
    "suffered|underwent|refused|declined|consented|dropped out|transformed|stopped treatment"
)
"""What only people do, and what happens to them."""
