"""Plans of Spark and ClickHouse, which hold no number of anybody, and a table of types."""

import contextlib
import io

import chdb
from pyspark.sql import SparkSession
from pyspark.sql import functions as f

P = "file('source/persons.csv', CSVWithNames)"
for name, form, query in (
    (
        "explain.txt",
        "TSVRaw",
        f"explain select unit, count() from {P} where age > 40 group by unit",
    ),
    ("describe.md", "Markdown", f"describe table {P}"),
    (
        "rounded.txt",
        "PrettyCompactMonoBlock",
        f"select tongue, 5 * round(count() / 5) as persons, 5 * round(countIf(spleen_out = 'yes') / 5) as without_spleen from {P} where tongue != 'Maltese' group by tongue order by tongue",
    ),
):
    open(f"files/clickhouse/{name}", "wb").write(chdb.query(query, form).bytes())
spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
spark.sparkContext.setLogLevel("ERROR")
people = spark.createDataFrame([("x", 1, 2.0)], "unit string, age int, hb double")
out = io.StringIO()
with contextlib.redirect_stdout(out):
    people.filter("age > 40").groupBy("unit").agg(f.avg("hb")).explain()
open("files/spark/explain.txt", "w").write(out.getvalue())
spark.stop()
