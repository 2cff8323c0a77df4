"""ClickHouse local, in formats of its own."""

import chdb

P = "file('source/persons.csv', CSVWithNames)"
S = "file('source/sessions.csv', CSVWithNames)"
for name, form, query in (
    (
        "rollup_tongue_died.txt",
        "PrettyCompactMonoBlock",
        f"select tongue, died, count() as persons from {P} group by rollup(tongue, died) order by tongue, died",
    ),
    (
        "totals_chelator_spleen.txt",
        "PrettyNoEscapes",
        f"select chelator, countIf(spleen_out='yes') as without_spleen, count() as persons from {P} group by chelator with totals order by chelator",
    ),
    (
        "vertical_maltese.txt",
        "Vertical",
        f"select unit, age, condition, ferritin, hb, cost, remark from {P} where tongue = 'Maltese'",
    ),
    (
        "vertical_all.txt",
        "Vertical",
        f"select count() as persons, avg(hb) as mean_hb, stddevSamp(hb) as sd_hb, corr(bags_year, ferritin) as r from {P}",
    ),
    (
        "transfused.tskv",
        "TSKV",
        f"select given_on, volume_ml, hb_before, hb_after, minutes, product from {S} where reaction = 'breathless' limit 45",
    ),
    (
        "reactions.json",
        "JSONCompact",
        f"select product, reaction, uniqExact(person) as persons from {S} group by product, reaction order by product, reaction",
    ),
    (
        "doing_gender.json",
        "JSONColumns",
        f"select doing, gender, count() as persons from {P} group by doing, gender order by doing, gender",
    ),
    (
        "units.md",
        "Markdown",
        f"select unit, quantilesExact(0.25, 0.5, 0.75)(cost) as cost, max(nights) as most_nights from {P} group by unit order by unit",
    ),
    (
        "stroke.xml",
        "XML",
        f"select unit, countIf(stroke=1) as strokes, count() as persons from {P} where unit != 'Harbourside' group by unit order by unit",
    ),
    (
        "argmax.jsonl",
        "JSONCompactEachRow",
        f"select condition, argMax(age, cost), argMax(unit, cost), max(cost) from {P} group by condition order by condition",
    ),
    (
        "bar.txt",
        "PrettySpaceNoEscapes",
        f"select doing, count() as persons, bar(count(), 0, 2000, 30) as bar from {P} group by doing order by doing",
    ),
    (
        "birth.values",
        "Values",
        f"select born, gender, blood_group, height_cm from {P} where condition = 'S beta plus' limit 40",
    ),
):
    answer = chdb.query(query, form)
    open(f"files/clickhouse/{name}", "wb").write(answer.bytes())
