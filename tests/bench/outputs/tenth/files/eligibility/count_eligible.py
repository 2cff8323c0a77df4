import argparse

import pandas as pd

AGE_MAX = 75
CREA_MAX = 177       # umol/L, about 2 mg/dL
ECOG_MAX = 2
MIN_CELL = 10


def funnel(df: pd.DataFrame) -> pd.DataFrame:
    steps = {
        "all": df.index == df.index,
        "mm": df.disease.eq("multiple myeloma"),
        "age": df.age.le(AGE_MAX),
        "ecog": df.ecog.le(ECOG_MAX),
        "crea": df.creatinine.lt(CREA_MAX),
        "relapsed": df.progressed.eq(1),
        "alive": df.died.eq(0),
    }
    keep, out = pd.Series(True, index=df.index), []
    for name, flag in steps.items():
        keep &= flag
        out.append((name, int(keep.sum())))
    res = pd.DataFrame(out, columns=["step", "n"])
    lost = -res.n.diff().fillna(0)
    assert not lost.between(1, MIN_CELL - 1).any(), "step with fewer than 10 excluded"
    return res


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("--data", default="data/patients.csv")
    ap.add_argument("--out", default="out/funnel.csv")
    a = ap.parse_args()
    funnel(pd.read_csv(a.data)).to_csv(a.out, index=False)
