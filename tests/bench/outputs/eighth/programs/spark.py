"""What Apache Spark shows, describes and explains."""

import contextlib
import io

from pyspark.sql import SparkSession
from pyspark.sql import functions as f

spark = (
    SparkSession.builder.master("local[1]")
    .config("spark.ui.enabled", "false")
    .config("spark.sql.shuffle.partitions", "2")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")
people = spark.read.csv("source/persons.csv", header=True, inferSchema=True)


def kept(name, show):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        show()
    open(f"files/spark/{name}", "w").write(out.getvalue())


own = people.drop("person", "remark")
kept(
    "show_persons.txt",
    lambda: own.select("unit", "gender", "age", "condition", "ferritin", "hb", "cost").show(40),
)
kept(
    "show_vertical.txt",
    lambda: (
        own.filter("condition = 'Hb Lepore' and unit = 'Birchfield'")
        .select("age", "gender", "tongue", "height_cm", "weight_kg", "ferritin", "cost")
        .show(vertical=True)
    ),
)
kept(
    "crosstab_tongue_antibodies.txt",
    lambda: people.crosstab("tongue", "antibodies").orderBy("tongue_antibodies").show(),
)
kept(
    "crosstab_doing_gender.txt",
    lambda: people.crosstab("doing", "gender").orderBy("doing_gender").show(),
)
kept("describe.txt", lambda: people.select("age", "ferritin", "cost", "nights").summary().show())
kept(
    "cube_unit_spleen.txt",
    lambda: people.cube("unit", "spleen_out").count().orderBy("unit", "spleen_out").show(60),
)
kept(
    "rollup_chelator_diabetes.txt",
    lambda: people.rollup("chelator", "diabetes").count().orderBy("chelator", "diabetes").show(),
)
kept("schema.txt", people.printSchema)
kept(
    "means_by_blood.txt",
    lambda: (
        people.groupBy("blood_group")
        .agg(
            f.count("*").alias("n"),
            f.round(f.avg("hb"), 2).alias("hb"),
            f.round(f.stddev("hb"), 2).alias("sd"),
        )
        .orderBy("blood_group")
        .show()
    ),
)
kept(
    "collect_rows.txt",
    lambda: print(
        *own.filter("died = 1 and stroke = 1")
        .select("unit", "age", "height_cm", "weight_kg", "stroke_days", "died_days")
        .take(25),
        sep="\n",
    ),
)
kept(
    "freq_items.txt",
    lambda: people.groupBy("born").count().orderBy(f.desc("count"), "born").show(12),
)
spark.stop()
