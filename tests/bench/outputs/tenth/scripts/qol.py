"""Quality of life, in Spanish: labels of `qol.R`, a questionnaire and a spreadsheet of answers."""

import subprocess

import pandas as pd

from tests.bench.outputs.tenth.scripts.shelf import (
    DATA,
    HERE,
    TEXT,
    Study,
    also,
    count,
    extremes,
    few,
    number,
    person,
    rows,
    small,
    table,
    value,
    words,
    written,
)  # fmt: skip

study = Study("qol")
subprocess.run(
    ["Rscript", str(HERE / "scripts" / "qol.R"), str(DATA), str(study.folder)], check=True
)
d = table("patients")

claims = []
for ecog in "01234":
    where = f"ecog = {ecog}"
    claims += count(where)
    for column in ("global_health", "fatigue", "pain"):
        own = rows(where)[column].astype(float)
        claims.append(value(column, "mean", f"{own.mean():.1f}", where))
study.safe("Tabla1.docx", "S1", claims)
study.leaky("Tabla2_origen_ecog.csv", "L11", "O01", "Few people of an origin have a state.",
            small(["ancestry", "ecog"]))  # fmt: skip
text = study.at("modelo_mixto.txt").read_text("utf-8").splitlines()
study.safe("modelo_mixto.txt", "S3", count(""),
           written(*[one.strip() for one in text if one.startswith(("sexohombre", "I(age"))]))  # fmt: skip
pairs = [("global_health", "fatigue"), ("infections", "nights"), ("fatigue", "pain")]
study.safe(
    "correlaciones.csv",
    "S3",
    [
        {"Correlated": {"where": "", "x": a, "y": b, "printed": f"{d[a].corr(d[b]):.3f}"}}
        for a, b in pairs
    ],
)
tired = rows("clinic = Greywater; fatigue >= 50")
low = [
    few(f"clinic = Greywater; fatigue = {one}")
    for one, n in tired.fatigue.value_counts().items()
    if n < 10
]
study.leaky("fatiga_greywater.svg", "L11", "O01 O17", "Labels of bars count a few people.", low)
levels = [("fatigue < 25.5"), ("fatigue >= 25.5; fatigue < 50.5"), ("fatigue >= 50.5; fatigue < 75.5"),
          ("fatigue >= 75.5")]  # fmt: skip
study.safe("fatiga_por_sexo.svg", "S8",
           count(*(also(one, f"sex = {sex}") for sex in ("female", "male") for one in levels)))  # fmt: skip
study.leaky("peso_ferritina.pdf", "L8", "O18 O19", "A mark for each of 172 people.",
            person(["weight_kg", "ferritin"], d.index[6::29]), written=False)  # fmt: skip
study.leaky("analisis_z.csv", "L3", "O19 O20", "Standardised and logged values of people.",
            person(["weight_kg", "height_cm", "ldh", "died_days"], d.index[10::53],
                   how=["shift 76.4 15.1", "shift 169.5 9.4", "log 3", "same"]))  # fmt: skip
tops = [(one, f"{d[d.disease == one].weight_kg.max():.1f}") for one in
        ("multiple myeloma", "AL amyloidosis", "POEMS")]  # fmt: skip
study.leaky("percentiles_peso.csv", "L11", "O08 O09", "Greatest weights, and percentiles of a few.",
            [extremes("weight_kg", [top], f"disease = {one}") for one, top in tops])  # fmt: skip

study.write("cuestionario.md", """# Cuestionario breve (adaptación propia, v2)

Durante la semana pasada:

| nº | Pregunta | En absoluto | Un poco | Bastante | Mucho |
|--:|---|:-:|:-:|:-:|:-:|
| 1 | ¿Ha tenido dificultades para dar un paseo largo? | 1 | 2 | 3 | 4 |
| 2 | ¿Ha sentido hormigueo en manos o pies? | 1 | 2 | 3 | 4 |
| 3 | ¿Se ha sentido cansado/a? | 1 | 2 | 3 | 4 |
| 4 | ¿Ha tenido dolor de huesos? | 1 | 2 | 3 | 4 |

29. ¿Cómo valoraría su salud en general? (1 = pésima ... 7 = excelente)

Puntuación: ((media - 1) / 3) x 100; con 2 o más respuestas de 4.
""")  # fmt: skip
study.safe("cuestionario.md", "S10", written("Puntuación: ((media - 1) / 3) x 100"))
told = [at for at in d.index[300:400] if TEXT["people"]["remark"][at]][:6]
pd.DataFrame({"sexo": d.sex[told], "edad": d.age[told],
              "comentario": [TEXT["people"]["remark"][at] for at in told]}).to_excel(
    study.at("comentarios_abiertos.xlsx"), index=False)  # fmt: skip
study.leaky("comentarios_abiertos.xlsx", "L13", "O23 O19", "Remarks of six people in their words.",
            *(words(at) for at in told))  # fmt: skip
study.write("analisis.R", """# Análisis principal, protocolo 2.1
library(lme4)
d <- read.csv(Sys.getenv("DATOS"))
stopifnot(nrow(d) > 1000)
umbral <- 10            # diferencia mínima importante (puntos, 0-100)
d$fatigado <- d$fatigue >= 66.7
m0 <- lmer(global_health ~ 1 + (1 | clinic), d)
m1 <- update(m0, . ~ . + I(age / 10) + sex + I(neuropathy >= 2))
anova(m0, m1)
tab <- with(d, table(sex, fatigado))
tab[tab < 10] <- NA     # celdas pequeñas fuera
write.csv2(tab, "salida/fatigado.csv")
""")  # fmt: skip
study.safe("analisis.R", "S10", written("umbral <- 10"))
tired = "fatigue >= 66.6"
pd.DataFrame({"Sexo": ["mujer", "hombre"], "n": [number("sex = female"), number("sex = male")],
              "Fatiga ≥ 66,7": [number(also(tired, "sex = female")), number(also(tired, "sex = male"))],
              "OR (IC 95 %)": ["1 (ref.)", "0,97 (0,84-1,11)"], "p": ["", "0,64"]}).to_html(
    study.at("tabla3.html"), index=False, justify="left")  # fmt: skip
study.safe("tabla3.html", "S3", count("sex = female", "sex = male", also(tired, "sex = female"),
                                      also(tired, "sex = male")))  # fmt: skip
study.close()
