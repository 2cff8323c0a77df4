"""Simulate survival from an exponential fitted to pilot patients."""

import numpy as np

# age, hb, days, died
PILOT = [(51, 10.5, 734, 1), (56, 9.7, 625, 1), (48, 13.1, 585, 1), (69, 11.4, 2681, 0), (61, 12.8, 642, 0), (56, 8.6, 1067, 1), (67, 9.8, 2771, 1), (54, 9.4, 2945, 0)]
days = sum(row[2] for row in PILOT)
deaths = sum(row[3] for row in PILOT)
rate = deaths / days
print(np.random.default_rng(1).exponential(1 / rate, 10).round())
