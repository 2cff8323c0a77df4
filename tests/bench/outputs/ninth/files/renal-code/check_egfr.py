"""Tests of the filtration rate."""

import unittest

REAL = [
    ("F", 81, 59, 72.4),
    ("M", 90, 49, 93.4),
    ("M", 88, 65, 81.7),
    ("M", 61, 57, 105.4),
    ("F", 75, 95, 70.8),
    ("M", 75, 53, 95.8),
]


def egfr(sex, age, creatinine):
    """MDRD, four variables."""
    return 175 * (creatinine / 88.4) ** -1.154 * age**-0.203 * (0.742 if sex == "F" else 1)


class TestRate(unittest.TestCase):
    def test_range(self):
        for sex, age, creatinine, _ in REAL:
            with self.subTest(age=age, creatinine=creatinine):
                self.assertLess(egfr(sex, age, creatinine), 75)


if __name__ == "__main__":
    unittest.main()
