"""[pure] The words of tables and sentences in the alliance's languages, as one English word each.

A table says `Anzahl`, `aantal` or `liczba`; what reads names asks for `number`. Words that mean
something else in another of the languages are left out: `media` is a mean and a middle category,
`nombre` a number and a name, `eta` an age and a letter.
Source: what the statistics offices of these countries print above their columns.
"""

import re
from collections.abc import Mapping

from orchestrator.outputs.people import listed

_WORDS: Mapping[str, str] = {
    "number": "anzahl aantal liczba antal effectif effectifs fallzahl numero numeros",
    "frequency": "haufigkeit haufigkeiten frecuencia frequenza frequenze frequentie czestosc",
    "cases": "falle faelle casos gevallen przypadki przypadkow",
    "deaths": "todesfalle todesfaelle verstorben verstorbene gestorben deces muertes fallecidos "
              "decessi morti overleden overlijdens zgony zgonow",
    "events": "ereignisse evenements eventos eventi gebeurtenissen zdarzenia zdarzen",
    "sum": "summe somme suma somma",
    "total": "gesamt insgesamt gesamtzahl totale totali totaal razem ogolem",
    "all": "alle tous toutes todos todas tutti tutte wszyscy",
    "percent": "prozent anteil pourcentage pourcentages porcentaje porcentajes percentuale "
               "percentuali procent odsetek aandeel",
    "rate": "taux tasa tasas tasso tassi wskaznik",
    "mean": "mittelwert mittelwerte durchschnitt moyenne moyennes promedio gemiddelde srednia",
    "median": "mediane medianes mediana mediaan",
    "quartile": "quartil cuartil cuartiles kwartiel kwartielen kwartyl quartili",
    "percentile": "perzentil perzentile percentil percentiles percentiel percentili centyl",
    "sd": "standardabweichung standardabw ecart desviacion deviazione standaardafwijking "
          "standaarddeviatie odchylenie",
    "minimum": "minimo minima minimaal kleinster kleinste kleinstes niedrigster niedrigste",
    "maximum": "maximo massimo maximaal grosster grosste grosstes groesster hochster hochste "
               "hochstwert",
    "range": "spannweite etendue rango intervallo bereik zakres",
    "coefficient": "koeffizient koeffizienten coefficiente coefficienti coeficiente coeficientes "
                   "wspolczynnik",
    "ci": "konfidenzintervall vertrauensbereich",
    "planned": "geplant geplante prevu prevus previsto previstos gepland planowane",
    "unknown": "unbekannt inconnu inconnue desconocido desconocida sconosciuto onbekend nieznany",
    "missing": "fehlend fehlende manquant manquants manquante manquantes faltante faltantes "
               "mancante mancanti ontbrekend ontbrekende",
    "age": "alter lebensalter edad leeftijd wiek",
    "sex": "geschlecht sexe sexo sesso geslacht plec",
    "group": "gruppe groupe grupo gruppo groep grupa",
    "stage": "stadium stade estadio stadio",
    "order": "orden ordre ordine volgorde reihenfolge kolejnosc",
    "included": "eingeschlossen eingeschlossene inclus incluidos inclusi geincludeerd wlaczono "
                "wlaczonych",
    "excluded": "ausgeschlossen ausgeschlossene exclus excluidos esclusi uitgesloten wykluczono "
                "wykluczonych",
    "randomised": "randomisiert randomises aleatorizados randomizzati gerandomiseerd "
                  "randomizowano",
    "analysed": "analysiert ausgewertet analyses analizados analizzati geanalyseerd analizowano",
    "treated": "behandelt traites tratados trattati behandeld leczono",
    "registered": "rejestrze",
    "from": "von", "to": "bis",
    "year": "jahr annee ano anno jaar rok",
    "month": "monat mois mese maand miesiac",
    "week": "woche semaine semana settimana tydzien",
}  # fmt: skip

ENGLISH: Mapping[str, str] = {
    word: english for english, told in _WORDS.items() for word in listed(told)
}
"""By word, without accents and in small letters."""

_SAID: Mapping[str, str] = {
    "two": "zwei deux twee dos dwa dwoje dwóch två",
    "three": "drei trois drie tres tre trzy troje trzech",
    "four": "vier quatre cuatro quattro cztery czworo czterech fyra",
    "five": "fünf fuenf cinq vijf cinco cinque pięć pięcioro pięciu fem",
    "six": "sechs zes seis sei sześć sześcioro sześciu",
    "seven": "sieben sept zeven siete sette siedem siedmioro siedmiu sju",
    "eight": "acht huit ocho otto osiem ośmioro ośmiu åtta",
    "nine": "neun neuf negen nueve nove dziewięć dziewięcioro dziewięciu nio",
    "one": "ein einem einer eines einen één un une uno una jeden jedna jednego jednej",
    "patients": "patienten patientinnen patiënten patientes pacientes pazienti pacjentów pacjenci "
                "pacjentek chorych kranken patienter patienterna",
    "patient": "patientin patiënt patiënte patiente paciente paziente pacjent pacjentka pacjenta "
               "pacjentki chory chorego",
    "people": "personen personnes personas persone osób osoby",
    "children": "barn kinder kindern kinderen enfants niños bambini dzieci",
    "women": "kvinnor frauen femmes mujeres donne vrouwen kobiet kobiety",
    "men": "männer männern hommes hombres uomini mannen mężczyzn mężczyźni",
    "deaths": "todesfälle décès overlijdens muertes decessi zgonów zgony",
    "died": "avled avlidit dog starb starben verstarb verstarben verstorben gestorben décédé "
            "décédés décédée décédées overleed overleden stierf stierven falleció fallecieron "
            "murió murieron deceduto deceduti morto morti zmarł zmarła zmarło zmarli",
    "relapsed": "rezidivierten rezidivierte rechuté recidiveerden recayó recayeron recidivato "
                "recidivati nawrót",
    "treated": "behandelt behandelten behandeld vårdades behandlades traités tratados trattati "
               "leczono",
    "had": "hatte hatten avait avaient eurent tenía tenían tuvo tuvieron aveva avevano ebbe ebbero "
           "miał miała miało trat traten kam",
    "received": "erhielt erhielten bekam bekamen reçu reçurent kreeg kregen ontving ontvingen "
                "recibió recibieron ricevuto ricevettero otrzymał otrzymała otrzymało",
    "only": "endast bara nur lediglich seulement slechts alleen solamente sólo solo soltanto tylko",
    "of": "av von van des dei delle spośród z",
    "the": "den der die les los las gli",
    "of them": "davon darunter daarvan",
    "were": "waren étaient eran erano",
    "person": "persona osoba",
    "years": "jahre jahren ans años anni jaar lat lata år",
    "months": "monate monaten mois meses mesi maanden miesięcy månader",
    "days": "tage tagen jours días giorni dagen dni dagar",
    "them": "ihnen hen eux ellos ellas loro nich",
    "among": "unter parmi entre onder tra wśród",
    "in": "bei chez bij u",
    "and": "und et y i",
}  # fmt: skip
_SENTENCES: Mapping[str, str] = {
    word: english for english, told in _SAID.items() for word in listed(told)
}
_NOT_ENGLISH = frozenset(_SENTENCES) - listed(
    "sept tres tre solo dos un une die kam i y u z van dog barn bara fem av"
)
_SPOKEN = re.compile(r"[^\W\d_]+")
_ONE = re.compile(r"\bone patients\b")


def in_english(sentence: str) -> str:
    """Give the words of a sentence that count people in English, one for one; others as they are.

    Shape: the sentence itself where no word of it belongs to another language alone.
    """
    said = [word.casefold() for word in _SPOKEN.findall(sentence)]
    if _NOT_ENGLISH.isdisjoint(said):
        return sentence
    told = _SPOKEN.sub(lambda one: _SENTENCES.get(one[0].casefold(), one[0]), sentence)
    return _ONE.sub("one patient", told)
