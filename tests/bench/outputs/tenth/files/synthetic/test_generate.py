import pandas as pd

# a few rows from the workspace, to see that types are right
SAMPLE = [
    (63, 'female', 'II', 112, 203, 164.6, 'D-VTd'),
    (55, 'female', 'I', 121, 126, 160.4, 'none'),
    (78, 'male', 'III', 64, 112, 176.1, 'VCd'),
    (49, 'female', 'I', 88, 212, 158.8, 'VCd'),
    (51, 'male', 'II', 124, 173, 168.1, 'Rd'),
    (66, 'male', 'II', 91, 176, 175.3, 'DRd'),
    (79, 'male', 'III', 119, 167, 174.8, 'VRd'),
    (49, 'male', 'II', 122, 218, 178.3, 'VRd'),
    (70, 'male', 'II', 121, 289, 181.8, 'DRd'),
    (78, 'female', 'II', 106, 101, 159.9, 'D-VTd'),
    (54, 'female', 'I', 103, 250, 158.9, 'D-VTd'),
    (64, 'male', 'III', 130, 148, 168.1, 'D-VTd'),
]


def test_types():
    df = pd.DataFrame(SAMPLE, columns=['age', 'sex', 'iss', 'hb', 'ldh', 'height_cm', 'regimen'])
    assert df.age.dtype == "int64"
    assert set(df.iss) <= {"I", "II", "III"}
