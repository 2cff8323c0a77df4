import numpy as np
import pandas as pd

rng = np.random.default_rng(2026)
N = 250
out = pd.DataFrame({
    "age": rng.normal(67, 10, N).round().clip(40, 88),
    "iss": rng.choice(["I", "II", "III"], N, p=[0.40, 0.46, 0.14]),
    "hb": rng.normal(109, 19, N).round(),
    "ldh": rng.lognormal(5.25, 0.30, N).round(),
})
out.to_csv("course_data.csv", index=False)
